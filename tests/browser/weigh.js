// SPDX-License-Identifier: Apache-2.0
// What the first view of a page costs: bytes over the network, as they are sent, and time until its
// charts are drawn. As a program it prints a table, for tests/bench/dash_browser.sh.
// usage: weigh.js URL
'use strict';
const { launch, Reader } = require('./lib.js');
const { linksOf } = require('./pages.js');

// Notes when the last chart has been painted.
function noteDrawn() {
    const look = () => {
        const figures = [...document.querySelectorAll('figure[data-chart]')];
        if (document.readyState === 'complete'
            && figures.every((figure) => 'drawn' in figure.dataset)) {
            requestAnimationFrame(() => requestAnimationFrame(() => {
                performance.mark('drawn');
            }));
        } else {
            requestAnimationFrame(look);
        }
    };
    requestAnimationFrame(look);
}

function kindOf(url) {
    const { pathname, searchParams } = new URL(url);
    return pathname.startsWith('/dash/asset/') ? 'assets'
        : searchParams.get('format') === 'chart' ? 'data' : 'document';
}

// Loads a page as a browser does that has never been there.
async function weigh(reader, path) {
    const cost = { document: 0, data: 0, assets: 0 };
    const session = await reader.context.newCDPSession(reader.tab);
    const kinds = new Map();
    session.on('Network.requestWillBeSent', ({ requestId, request }) => {
        kinds.set(requestId, kindOf(request.url));
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        cost[kinds.get(requestId)] += encodedDataLength;
    });
    await session.send('Network.enable');
    await session.send('Network.clearBrowserCache');
    const status = await reader.go(path);
    if (status !== 200) {
        throw new Error(`${path}: ${status}`);
    }
    await reader.tab.waitForFunction(() => performance.getEntriesByName('drawn').length > 0);
    const times = await reader.tab.evaluate(() => {
        const [entry] = performance.getEntriesByType('navigation');
        return {
            server_ms: entry.responseStart - entry.requestStart,
            drawn_ms: performance.getEntriesByName('drawn')[0].startTime,
        };
    });
    await session.detach();
    return { ...cost, ...times };
}

async function open(browser, url) {
    const reader = await Reader.open(browser, { base: url });
    await reader.context.addInitScript(noteDrawn);
    await reader.tab.goto(url);
    return reader;
}

// The pages of the navigation, and one of each kind that they lead to.
async function findPaths(reader) {
    const paths = ['', '/builds', '/commits', '/compare', '/headers', '/misses', '/units', '/cache',
        '/status'].map((name) => `/dash${name}`);
    for (const [from, kind] of [['builds', 'build'], ['commits', 'commit'], ['headers', 'header'],
        ['units', 'unit'], ['compare', 'compare']]) {
        const links = linksOf(await reader.json(`/dash/${from}`));
        const link = links.find((href) => href.startsWith(`/dash/${kind}/`));
        paths.push(...link ? [link] : []);
    }
    return paths;
}

async function main() {
    const url = process.argv[2];
    const browser = await launch();
    const reader = await open(browser, url);
    const row = (name, cells) => process.stdout.write(`${name.slice(0, 28).padEnd(28)}${
        cells.map((cell) => String(cell).padStart(11)).join('')}\n`);
    row('page', ['document B', 'data B', 'assets B', 'server ms', 'drawn ms']);
    for (const path of await findPaths(reader)) {
        await weigh(reader, path); // the server has it at hand then, and the browser is warm
        const cost = await weigh(reader, path);
        row(path, [cost.document, cost.data, cost.assets, cost.server_ms.toFixed(0),
            cost.drawn_ms.toFixed(0)]);
    }
    await browser.close();
}

module.exports = { weigh, open, findPaths };
if (require.main === module) {
    main().catch((error) => {
        process.stderr.write(`${error.stack}\n`);
        process.exit(1);
    });
}
