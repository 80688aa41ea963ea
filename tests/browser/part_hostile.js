// SPDX-License-Identifier: Apache-2.0
// An author, a subject and paths that would run, if a page let them: they show as text, on every
// page that has them and in every form.
'use strict';
const { Reader, part, result, check } = require('./lib.js');
const { linksOf } = require('./pages.js');

async function asText(reader, path, words) {
    const status = await reader.go(path);
    const text = await reader.tab.evaluate(() => document.documentElement.textContent);
    const wrong = await reader.harm();
    if (status !== 200) {
        wrong.push(`status ${status}`);
    }
    wrong.push(...words.filter((word) => !text.includes(word)).map((word) => `not shown: ${word}`));
    wrong.push(...await reader.tab.evaluate(() => [...document.querySelectorAll(
        'img, main script, [onerror], [onload]')].map((node) => node.outerHTML.slice(0, 100))));
    result(`shown as text: ${path.slice(0, 60)}`, wrong);
}

async function find(reader, hostile) {
    const commits = await reader.json('/dash/commits?since=all');
    for (const table of Object.values(commits.tables)) {
        const column = Object.values(table.data).find((values) => values.includes(hostile.subject));
        if (column) {
            const row = column.indexOf(hostile.subject);
            return Object.values(table.links).map((links) => links[row]).find(Boolean);
        }
    }
    return linksOf(commits).find((link) => link.startsWith('/dash/commit/'));
}

module.exports = async (site) => {
    const { hostile } = site;
    const reader = await Reader.open(site.browser, { base: site.local });
    await reader.tab.goto(site.local);
    await part('a hostile commit', async () => {
        const commit = await find(reader, hostile);
        check('the commit has a page', Boolean(commit));
        await asText(reader, commit, [hostile.subject, hostile.author]);
        await reader.shot('hostile-commit-light');
    });
    await part('hostile names in lists', async () => {
        await asText(reader, '/dash/commits?since=all', [hostile.subject]);
        await asText(reader, '/dash/commits?since=all&by=author', [hostile.author]);
        await asText(reader, '/dash/units?since=all', [hostile.dir.slice(4)]);
        await asText(reader, '/dash/headers?since=all&max=1000', [hostile.header]);
        for (const path of ['/dash/units?since=all', '/dash/headers?since=all']) {
            const links = linksOf(await reader.json(path));
            const link = links.find((href) => /svg|img/.test(href));
            if (link) {
                await asText(reader, link, [link.includes('svg') ? hostile.header : hostile.dir.slice(4)]);
            } else {
                result(`${path}: a link to what is hostile`, 'there is none');
            }
        }
    });
    await part('hostile addresses', async () => {
        const word = '"><img src=x onerror=alert(9)>';
        const part = encodeURIComponent(word);
        for (const path of [`/dash/${part}`, `/dash/commit/${part}`, `/dash/unit/${part}`,
            `/dash/builds?branch=${part}`, `/dash?project=${part}`, `/dash/builds?sort=${part}`,
            `/dash/builds?${part}=1`, `/dash/compare/${part}/${part}`,
            `/dash/headers?edge=${part}`, `/dash/builds?format=csv&table=${part}`]) {
            const status = await reader.go(path);
            const wrong = (await reader.harm()).filter((line) => !/status of 40[04]/.test(line));
            wrong.push(...await reader.tab.evaluate(() => [...document.querySelectorAll('img')]
                .map((node) => node.outerHTML)));
            if (status >= 500) {
                wrong.push(`status ${status}`);
            }
            result(`an address does no harm: ${path.slice(0, 40)}`, wrong);
        }
    });
    await reader.close();
};
