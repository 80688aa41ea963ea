// SPDX-License-Identifier: Apache-2.0
// Each page of a local dashboard: loads, draws, harms nobody; in light, dark, on a phone and without
// scripts; as JSON and CSV; its links lead somewhere.
'use strict';
const { Reader, part, result, equal, check, readCsv, withFormat } = require('./lib.js');
const { findPages, linksOf, tooWide } = require('./pages.js');

// What is wrong with the charts of the page that is shown.
function emptyCharts(least) {
    const wrong = [];
    const figures = [...document.querySelectorAll('figure[data-chart]')];
    if (figures.length < least) {
        wrong.push(`${figures.length} charts, at least ${least} expected`);
    }
    for (const figure of figures) {
        const name = `${figure.dataset.chart} of '${figure.dataset.table}'`;
        if (figure.textContent.includes('cannot be drawn')) {
            wrong.push(`${name}: ${figure.textContent.slice(-160)}`);
        }
        const canvas = figure.querySelector('canvas');
        const shapes = figure.querySelectorAll(
            'svg path, svg rect, svg circle, svg line, svg polyline').length;
        let colours = new Set();
        if (canvas && canvas.width && canvas.height) {
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            colours = new Set(new Uint32Array(pixels.data.buffer));
        }
        if (colours.size < 3 && shapes < 2) {
            wrong.push(`${name} is empty: ${colours.size} colours, ${shapes} shapes`);
        }
        if (figure.getBoundingClientRect().height < 60) {
            wrong.push(`${name} is ${figure.getBoundingClientRect().height} px high`);
        }
    }
    return wrong;
}

// What no page may hold, whatever the records say.
function unwanted() {
    const wrong = [];
    const handlers = [...document.querySelectorAll('*')].filter((node) => [...node.attributes]
        .some(({ name, value }) => /^on/.test(name) || /^\s*javascript:/i.test(value)));
    handlers.forEach((node) => wrong.push(`a handler: ${node.outerHTML.slice(0, 120)}`));
    document.querySelectorAll('img, iframe, object, script:not([src]), style, base').forEach(
        (node) => wrong.push(`an element: ${node.outerHTML.slice(0, 120)}`));
    if (document.querySelectorAll('h1').length !== 1) {
        wrong.push(`${document.querySelectorAll('h1').length} headings of the first rank`);
    }
    const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
    const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
    if (twice.length) {
        wrong.push(`ids that stand twice: ${[...new Set(twice)].join(' ')}`);
    }
    const text = document.querySelector('main').innerText;
    for (const odd of ['NaN', 'undefined', 'Infinity', '[object', '(null)', '-nan', 'inf ']) {
        if (text.includes(odd)) {
            wrong.push(`'${odd}' in the text: ${text.slice(Math.max(0, text.indexOf(odd) - 60))
                .slice(0, 120)}`);
        }
    }
    return wrong;
}

async function openAll(reader, pages, look) {
    for (const page of pages) {
        await part(page.name, async () => {
            if (!page.path) {
                throw new Error('no other page has a link to one of these');
            }
            await look(page, await reader.go(page.path));
        });
    }
}

async function light(site, reader, pages) {
    const colours = {};
    await openAll(reader, pages, async (page, status) => {
        equal(`${page.name}: loads`, 200, status);
        result(`${page.name}: charts are drawn`, await reader.tab.evaluate(emptyCharts, page.charts));
        result(`${page.name}: nothing unwanted`, await reader.tab.evaluate(unwanted));
        result(`${page.name}: no errors, no other host`, await reader.harm());
        await reader.shot(`${page.name.replace(' ', '-')}-light`);
        result(`${page.name}: accessible`, await reader.axe());
        colours[page.name] = await reader.tab.evaluate(() => getComputedStyle(document.body)
            .backgroundColor);
    });
    return colours;
}

async function dark(site, pages, colours) {
    const reader = await Reader.open(site.browser, { base: site.local, dark: true });
    await reader.tab.goto(site.local);
    await openAll(reader, pages, async (page) => {
        const ground = await reader.tab.evaluate(() => getComputedStyle(document.body)
            .backgroundColor);
        check(`${page.name}: dark has other colours`, ground !== colours[page.name], ground);
        await reader.shot(`${page.name.replace(' ', '-')}-dark`);
        result(`${page.name}: accessible in the dark`, [...await reader.axe(),
            ...await reader.harm()]);
    });
    await reader.close();
}

async function phone(site, pages) {
    const reader = await Reader.open(site.browser, { base: site.local, size: 'phone' });
    await reader.tab.goto(site.local);
    await openAll(reader, pages, async (page) => {
        result(`${page.name}: fits a phone`, [...await reader.tab.evaluate(tooWide),
            ...await reader.harm()]);
        await reader.shot(`${page.name.replace(' ', '-')}-phone`);
    });
    await reader.close();
}

async function noScripts(site, pages) {
    const reader = await Reader.open(site.browser, { base: site.local, scripts: false });
    await reader.tab.goto(site.local);
    await openAll(reader, pages, async (page, status) => {
        // Scripts of the page are off; those of this test still run.
        const wrong = await reader.tab.evaluate(() => {
            const found = [];
            document.querySelectorAll('figure[data-chart]').forEach((figure) => {
                const table = document.getElementById(figure.dataset.table);
                if (!table || !table.checkVisibility()) {
                    found.push(`no table for the chart ${figure.dataset.table}`);
                }
                if (['lines', 'stack'].includes(figure.dataset.chart)
                    && !figure.querySelector('svg')) {
                    found.push(`no drawing for ${figure.dataset.table}`);
                }
            });
            if (!document.querySelector('main table, main dl')) {
                found.push('neither a table nor figures');
            }
            return found;
        });
        result(`${page.name}: is there without scripts`, status === 200 ? wrong : `status ${status}`);
    });
    await reader.go('/dash');
    await reader.shot('overview-plain');
    await reader.close();
}

async function formats(reader, pages) {
    for (const page of pages.filter(({ path }) => path)) {
        await part(page.name, async () => {
            const data = await reader.json(page.path);
            const wrong = [];
            for (const [id, table] of Object.entries(data.tables)) {
                const counts = table.columns.map((column) => table.data[column.id].length);
                if (new Set(counts).size > 1) {
                    wrong.push(`${id}: columns of ${counts.join(', ')} rows`);
                }
                const url = `${withFormat(page.path, 'csv')}&table=${encodeURIComponent(id)}`;
                const answer = await reader.get(url);
                if (answer.status !== 200 || !/^text\/csv/.test(answer.headers['content-type'])) {
                    wrong.push(`${id} as CSV: ${answer.status} ${answer.headers['content-type']}`);
                    continue;
                }
                const rows = readCsv(answer.text);
                if (rows.some((row) => row.length !== table.columns.length)
                    || rows.length !== counts[0] + 1) {
                    wrong.push(`${id} as CSV: ${rows.length} rows, in JSON ${counts[0]}`);
                }
            }
            result(`${page.name}: JSON and CSV can be read`, wrong);
        });
    }
}

// Every link of every page is followed once, within reason.
async function links(reader, pages) {
    const seen = new Set();
    for (const page of pages.filter(({ path }) => path)) {
        const answer = await reader.get(page.path);
        const found = [...answer.text.matchAll(/href="(\/[^"]*)"/g)]
            .map(([, href]) => href.replaceAll('&amp;', '&').replaceAll('&#39;', '\''));
        for (const link of [...found, ...linksOf(await reader.json(page.path))]) {
            seen.add(link.replace(/#.*/, ''));
        }
    }
    const wrong = [];
    const each = new Map(); // a few of each kind
    for (const link of seen) {
        const kind = link.replace(/^(\/dash\/[a-z]+).*?(\?.*)?$/, '$1');
        each.set(kind, (each.get(kind) || 0) + 1);
        if (each.get(kind) <= 6 && !/[?&]sort=/.test(link)) {
            const { status, text } = await reader.get(link);
            if (status !== 200) {
                wrong.push(`${link}: ${status} ${text.replace(/<[^>]*>/g, ' ').slice(-200)}`);
            }
        }
    }
    result('links lead somewhere', wrong);
}

async function unknown(reader) {
    const cases = [
        ['/dash/nosuch', 404, /overview.*builds.*commits/s],
        ['/dash/commit/ffffffffffffffffffffffffffffffffffffffff', 404, /commit/],
        ['/dash/commit/main', 200, /./],
        ['/dash/commit/nosuch', 404, /nosuch/],
        ['/dash/unit/nosuch.c', 404, /nosuch\.c/],
        ['/dash/header/nosuch.h', 404, /nosuch\.h/],
        ['/dash/build/nosuch', 404, /nosuch/],
        ['/dash/compare/nosuch/main', 404, /nosuch/],
        ['/dash/builds?since=soon', 400, /90d/],
        ['/dash/builds?colour=red', 400, /branch/],
        ['/dash?project=nosuch', 200, /nosuch/],
        ['/dash/builds?branch=nosuch', 200, /./],
    ];
    for (const [path, status, words] of cases) {
        await part(path, async () => {
            const got = await reader.go(path);
            const text = await reader.tab.evaluate(() => document.querySelector('main').innerText);
            result(`${path}: says what is known`, got === status && words.test(text) ? []
                : `status ${got}, expected ${status}: ${text}`);
        });
    }
    await reader.go('/dash/commit/nosuch');
    await reader.shot('unknown-light');
}

module.exports = async (site) => {
    const reader = await Reader.open(site.browser, { base: site.local });
    await reader.tab.goto(site.local);
    const pages = await findPages(reader, site.hostile);
    const colours = await light(site, reader, pages);
    await part('dark', () => dark(site, pages, colours));
    await part('phone', () => phone(site, pages));
    await part('without scripts', () => noScripts(site, pages));
    await part('formats', () => formats(reader, pages));
    await part('links', () => links(reader, pages));
    await part('unknown', () => unknown(reader));
    await reader.close();
};
