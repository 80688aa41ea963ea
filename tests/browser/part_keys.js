// SPDX-License-Identifier: Apache-2.0
// What a reader does: filter, sort, pass the address on, and all of it with keys alone.
'use strict';
const { Reader, part, result, equal, check } = require('./lib.js');

const focused = () => {
    const node = document.activeElement;
    return node === document.body ? '' : node.textContent.trim() || node.name || node.className;
};
const shown = () => document.querySelector('main').innerText;
const firstColumn = () => [...document.querySelectorAll('table#builds tbody tr')]
    .map((row) => row.innerText);

async function filters(reader) {
    const { tab } = reader;
    await reader.go('/dash/builds');
    const before = await tab.evaluate(shown);
    await tab.keyboard.press('/');
    check("'/' leads to the filter", await tab.evaluate(() => Boolean(
        document.activeElement.closest('.filters form'))));
    await tab.fill('input[name=branch]', 'feature/faster');
    await Promise.all([tab.waitForNavigation(), tab.keyboard.press('Enter')]);
    await reader.settle();
    const url = tab.url();
    equal('a filter changes the address', 'feature/faster', new URL(url).searchParams.get('branch'));
    const after = await tab.evaluate(shown);
    check('… and what is shown', before !== after && after.includes('feature/faster'));
    const all = await reader.json('/dash/builds');
    const some = await reader.json('/dash/builds?branch=feature%2Ffaster');
    const rows = (page) => Object.values(page.tables.builds.data)[0].length;
    check('… and the data', rows(some) > 0 && rows(some) < rows(all),
        `${rows(some)} of ${rows(all)}`);
    await Promise.all([tab.waitForNavigation(), tab.click('nav a >> nth=0')]);
    check('links keep the filter', tab.url().includes('branch=feature'), tab.url());
    await reader.go('/dash/builds');
    await Promise.all([tab.waitForNavigation(), tab.click('.ranges a >> nth=1')]);
    equal('a time range is in the address', '30d', new URL(tab.url()).searchParams.get('since'));
    return url;
}

async function permalink(site, reader, url) {
    const other = await Reader.open(site.browser, { base: site.local });
    await other.tab.goto(site.local);
    for (const path of [url, '/dash/units?sort=name&since=all', '/dash/commits?by=author&since=all']) {
        await reader.go(path);
        await other.go(path);
        // Ages go on while the test runs.
        const words = async (of) => (await of.tab.evaluate(shown)).replace(/\d+ (s|ms|min)\b/g, '');
        equal(`the same view for another: ${path.replace(/^http:..[^/]*/, '')}`,
            await words(reader), await words(other));
    }
    await other.close();
}

// The address changes when the page has.
async function sortBy(tab, act) {
    const before = tab.url();
    await act();
    await tab.waitForURL((url) => url.href !== before);
}

async function sorting(reader) {
    const { tab } = reader;
    await reader.go('/dash/builds');
    const before = await tab.evaluate(firstColumn);
    const heads = await tab.$$('table#builds thead a');
    check('headings sort', heads.length > 2, `${heads.length} of them`);
    await tab.evaluate(() => {
        window.isTheSame = true;
    });
    let changed = 0;
    for (const head of heads) {
        await head.focus();
        await sortBy(tab, () => tab.keyboard.press('Enter'));
        changed += JSON.stringify(await tab.evaluate(firstColumn)) !== JSON.stringify(before);
        changed -= await head.evaluate((node) => node !== document.activeElement);
    }
    check('… by keyboard, which stays there', changed > 0, String(changed));
    check('… in the same page', await tab.evaluate(() => window.isTheSame));
    // Many rows are equal in some columns; each order follows another one.
    const wrong = [];
    for (const path of ['/dash/builds', '/dash/units', '/dash/headers?since=all']) {
        await reader.go(path);
        for (let i = 0; i < 5; i++) {
            const links = await tab.$$('main thead a:visible');
            await sortBy(tab, () => links[(i * 2 + 1) % links.length].click());
            const order = await tab.evaluate(shown);
            await reader.go(tab.url());
            if (order !== await tab.evaluate(shown) || !await tab.$('th[aria-sort]')) {
                wrong.push(`${tab.url()}: other rows after it was loaded anew`);
            }
        }
    }
    result('… as the server does, equal rows, too', wrong);
}

async function keys(reader) {
    const { tab } = reader;
    await reader.go('/dash');
    await tab.keyboard.press('?');
    check("'?' shows the keys", await tab.isVisible('dialog[open]'));
    await reader.shot('keys-light');
    result('the keys: accessible', await reader.axe());
    await tab.keyboard.press('Escape');
    check('Escape closes them', !await tab.isVisible('dialog'));
    await reader.go('/dash');
    await tab.keyboard.press('Tab');
    check('Tab: first comes the way past the navigation',
        (await tab.evaluate(focused)).startsWith('Skip'), await tab.evaluate(focused));
    const order = [];
    for (let i = 0; i < 4; i++) {
        await tab.keyboard.press('Tab');
        order.push(await tab.evaluate(focused));
    }
    equal('Tab: then brand and pages, in their order', 'Scrubjay Overview Builds Commits',
        order.join(' '));
    check('what has the focus shows it', await tab.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    }));
    // Not caught anywhere, and nothing that is hidden takes the focus.
    const hidden = [];
    let steps = 0;
    for (; steps < 400; steps++) {
        await tab.keyboard.press('Tab');
        const at = await tab.evaluate(() => {
            const node = document.activeElement;
            const box = node.getBoundingClientRect();
            return node === document.body ? 'end'
                : box.width && box.height ? '' : node.outerHTML.slice(0, 100);
        });
        if (at === 'end') {
            break;
        }
        hidden.push(at);
    }
    result('Tab goes through the page and out of it', [...hidden.filter(Boolean),
        steps === 400 ? 'it does not end' : '']);
    await reader.go('/dash');
    await Promise.all([tab.waitForNavigation(), (async () => {
        await tab.keyboard.press('g');
        await tab.keyboard.press('b');
    })()]);
    check("'g' and a letter lead to a page", tab.url().includes('/dash/builds'), tab.url());
}

async function theme(reader) {
    const { tab } = reader;
    await reader.go('/dash');
    const ground = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await ground();
    await tab.keyboard.press('d');
    const after = await ground();
    check("'d' makes it dark", before !== after);
    await reader.go('/dash/builds');
    equal('… and it stays so', after, await ground());
    await tab.keyboard.press('d');
    equal('… until it is pressed again', before, await ground());
}

async function charts(reader) {
    const { tab } = reader;
    await reader.go('/dash');
    const stages = await tab.$$('.stage');
    check('charts take the focus', stages.length > 0);
    let silent = 0;
    for (const stage of stages) {
        await stage.focus();
        const said = [];
        for (let i = 0; i < 2; i++) {
            await tab.keyboard.press('ArrowRight');
            said.push(await stage.evaluate((node) => node.closest('figure')
                .querySelector('.readout').textContent));
        }
        silent += said[0] === said[1] || !/\d/.test(said[1]) ? 1 : 0;
    }
    equal('arrows say what is in a chart', 0, silent);
    result('… without errors', await reader.harm());
    // From a point to what it stands for.
    await reader.go('/dash');
    const first = await tab.$('.stage');
    await first.focus();
    await tab.keyboard.press('ArrowLeft');
    await Promise.all([tab.waitForNavigation(), tab.keyboard.press('Enter')]);
    check('Enter leads from a point to its build or commit',
        /\/dash\/(build|commit)\//.test(tab.url()), tab.url());
}

module.exports = async (site) => {
    const reader = await Reader.open(site.browser, { base: site.local });
    await reader.tab.goto(site.local);
    let url = '/dash/builds?branch=feature%2Ffaster';
    await part('filters', async () => {
        url = await filters(reader);
    });
    await part('permalinks', () => permalink(site, reader, url));
    await part('sorting', () => sorting(reader));
    await part('keys', () => keys(reader));
    await part('theme', () => theme(reader));
    await part('charts', () => charts(reader));
    await reader.close();
};
