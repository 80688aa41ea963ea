// SPDX-License-Identifier: Apache-2.0
// Other ways to look at the pages: twice as large, in the reader's own few colours, on paper, with
// keys alone, without motion.
'use strict';
const { Reader, part, result, check } = require('./lib.js');
const { findPages, tooWide } = require('./pages.js');

// All that can have the focus, each in turn: it has to show it, and it must not lie under anything.
function unseenFocus() {
    const wrong = [];
    const all = [...document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), summary, [tabindex]:not([tabindex="-1"])')]
        .filter((node) => node.checkVisibility() && node.closest('details:not([open]) > :not(summary)')
            === null);
    for (const node of all.slice(0, 150)) {
        node.focus();
        const { outlineStyle, outlineWidth } = getComputedStyle(node);
        const box = node.getBoundingClientRect();
        const x = Math.min(innerWidth - 1, Math.max(0, box.left + Math.min(8, box.width / 2)));
        const y = Math.min(innerHeight - 1, Math.max(0, box.top + Math.min(8, box.height / 2)));
        const top = document.elementFromPoint(x, y);
        if (document.activeElement !== node) {
            wrong.push(`takes no focus: ${node.outerHTML.slice(0, 100)}`);
        } else if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) {
            wrong.push(`does not show that it has it: ${node.outerHTML.slice(0, 100)}`);
        } else if (!top || !(node.contains(top) || top.contains(node))) {
            wrong.push(`lies under ${top?.outerHTML.slice(0, 60)}: ${node.outerHTML.slice(0, 100)}`);
        }
        if (node.tabIndex > 0) {
            wrong.push(`is out of order: ${node.outerHTML.slice(0, 100)}`);
        }
    }
    return wrong;
}

async function skipLink(reader) {
    const { tab } = reader;
    await reader.go('/dash/builds');
    await tab.keyboard.press('Tab');
    check('the way past the navigation is seen when it has the focus', await tab.evaluate(() =>
        document.activeElement.matches('.skip')
        && document.activeElement.getBoundingClientRect().left >= 0));
    await tab.keyboard.press('Enter');
    check('… and leads past it', await tab.evaluate(() => document.activeElement.id === 'main'));
    await tab.keyboard.press('Tab');
    check('… the next key goes on from there', await tab.evaluate(() =>
        document.activeElement.closest('main') !== null));
}

async function keysAlone(reader, pages) {
    await part('the skip link', () => skipLink(reader));
    for (const { name, path } of pages) {
        await part(name, async () => {
            await reader.go(path);
            await reader.tab.keyboard.press('Tab');
            result(`${name}: what has the focus can be seen`, await reader.tab.evaluate(unseenFocus));
        });
    }
}

// What a browser makes of a window that shows everything twice as large.
async function twiceAsLarge(site, pages) {
    const reader = await Reader.open(site.browser, { base: site.local, size: 'zoomed' });
    await reader.tab.goto(site.local);
    for (const { name, path } of pages) {
        await part(name, async () => {
            await reader.go(path);
            result(`${name}: fits twice as large`, await reader.tab.evaluate(tooWide));
            await reader.shot(`${name.replace(' ', '-')}-zoomed`);
        });
    }
    await reader.close();
}

// The browser takes most colours away: what only colours told has to be told otherwise.
function lostWithColours() {
    const wrong = [];
    const look = (node, pseudo) => getComputedStyle(node, pseudo);
    for (const stage of document.querySelectorAll('.stage, .spark')) {
        if (look(stage).forcedColorAdjust !== 'none'
            || look(stage).backgroundColor === 'rgba(0, 0, 0, 0)') {
            wrong.push(`a drawing on a ground that is not its own: ${stage.className.baseVal
                ?? stage.className}`);
        }
    }
    for (const item of document.querySelectorAll('.legend li:not(.swatch)')) {
        if (look(item, '::before').backgroundColor === look(document.body).backgroundColor) {
            wrong.push(`no colour beside ${item.textContent}`);
        }
    }
    const current = document.querySelector('nav a[aria-current]');
    const other = document.querySelector('nav a:not([aria-current])');
    if (current && look(current).borderBottomColor === look(other).borderBottomColor) {
        wrong.push('which page it is cannot be seen');
    }
    return wrong;
}

async function fewColours(reader, pages) {
    const { tab } = reader;
    await tab.emulateMedia({ forcedColors: 'active', colorScheme: 'light' });
    for (const { name, path } of pages) {
        await part(name, async () => {
            await reader.go(path);
            const wrong = [...await tab.evaluate(lostWithColours), ...await reader.axe()];
            await reader.shot(`${name.replace(' ', '-')}-forced-light`);
            await tab.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
            result(`${name}: readable in the reader's own colours`,
                [...wrong, ...await tab.evaluate(lostWithColours)]);
            await reader.shot(`${name.replace(' ', '-')}-forced-dark`);
            await tab.emulateMedia({ forcedColors: 'active', colorScheme: 'light' });
        });
    }
    await tab.emulateMedia({ forcedColors: 'none', colorScheme: 'light' });
}

// On paper nothing can be scrolled, and the ground is white.
function lostOnPaper() {
    const wrong = [];
    for (const node of document.querySelectorAll('main *')) {
        const style = getComputedStyle(node);
        const isCut = ['auto', 'scroll', 'hidden'].includes(style.overflowY)
            && node.scrollHeight > node.clientHeight + 1 && node.clientHeight > 1;
        if (isCut) {
            wrong.push(`cut off: ${node.outerHTML.slice(0, 80)}`);
        }
    }
    for (const name of ['nav', '.filters', '.tools', '.skip']) {
        if (document.querySelector(name)?.checkVisibility()) {
            wrong.push(`of no use on paper: ${name}`);
        }
    }
    const channels = getComputedStyle(document.body).color.match(/\d+/g).map(Number);
    if (Math.max(...channels) > 90) {
        wrong.push(`pale ink: ${channels}`);
    }
    return wrong;
}

async function onPaper(site, pages) {
    const reader = await Reader.open(site.browser, { base: site.local, dark: true });
    await reader.tab.goto(site.local);
    for (const { name, path } of pages) {
        await part(name, async () => {
            await reader.go(path);
            await reader.tab.$$eval('details.rows', (all) => all.forEach((rows) => {
                rows.open = true;
            }));
            await reader.tab.emulateMedia({ media: 'print' });
            result(`${name}: can be printed`, await reader.tab.evaluate(lostOnPaper));
            await reader.tab.pdf({ path: `${process.env.SHOTS}/${name.replace(' ', '-')}.pdf` });
            await reader.tab.emulateMedia({ media: 'screen' });
        });
    }
    await reader.close();
}

async function withoutMotion(reader) {
    await reader.go('/dash');
    result('nothing moves for who does not want it', await reader.tab.evaluate(() =>
        [...document.querySelectorAll('*')].filter((node) => {
            const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(node);
            return parseFloat(transitionDuration) > 0 || animationName !== 'none'
                || scrollBehavior === 'smooth';
        }).map((node) => node.outerHTML.slice(0, 80))));
}

module.exports = async (site) => {
    const reader = await Reader.open(site.browser, { base: site.local });
    await reader.tab.goto(site.local);
    const pages = (await findPages(reader, site.hostile)).filter(({ path }) => path);
    await part('keys alone', () => keysAlone(reader, pages));
    await part('few colours', () => fewColours(reader, pages));
    await part('without motion', () => withoutMotion(reader));
    await part('twice as large', () => twiceAsLarge(site, pages));
    await part('on paper', () => onPaper(site, pages));
    await reader.close();
};
