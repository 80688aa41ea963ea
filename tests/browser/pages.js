// SPDX-License-Identifier: Apache-2.0
// Which pages there are, with subjects that the records really have, found by following links.
'use strict';

// All links of a page's data: tables hold them by column.
function linksOf(page) {
    const found = [];
    for (const table of Object.values(page.tables)) {
        for (const column of Object.values(table.links)) {
            found.push(...column.filter(Boolean));
        }
    }
    return found;
}

function under(links, start) {
    return links.find((link) => link.startsWith(start));
}

// Where each kind of page can be had, on a server that has the records. `hostile`: names that must be
// among them; none in records that are nobody's test.
async function findPages(reader, hostile) {
    const commits = linksOf(await reader.json('/dash/commits?since=all'));
    const builds = linksOf(await reader.json('/dash/builds'));
    const headers = linksOf(await reader.json('/dash/headers'));
    const units = linksOf(await reader.json('/dash/units'));
    const compare = linksOf(await reader.json('/dash/compare'));
    return [
        { name: 'overview', path: '/dash', charts: 1 },
        { name: 'builds', path: '/dash/builds' },
        { name: 'build', path: under(builds, '/dash/build/'), charts: 1 },
        { name: 'commits', path: '/dash/commits' },
        { name: 'commit', path: under(commits, '/dash/commit/') },
        { name: 'compare', path: under(compare, '/dash/compare/') || '/dash/compare' },
        { name: 'headers', path: '/dash/headers', charts: 1 },
        {
            name: 'header',
            path: headers.find((link) => /^\/dash\/header\/.*geometry/.test(link))
                || under(headers, '/dash/header/'),
        },
        { name: 'misses', path: '/dash/misses' },
        { name: 'units', path: '/dash/units' },
        {
            name: 'unit',
            path: units.find((link) => /^\/dash\/unit\/.*render/.test(link))
                || under(units, '/dash/unit/'),
            charts: 2,
        },
        {
            name: 'hostile unit',
            path: hostile && units.find((link) =>
                decodeURIComponent(link).includes(hostile.dir.slice(4))),
        },
        { name: 'cache', path: '/dash/cache' },
        { name: 'tokens', path: '/dash/tokens' },
        { name: 'status', path: '/dash/status' },
    ].map((page) => ({ charts: 0, ...page }));
}

// What is wider than the screen, for whoever has to mend it.
function tooWide() {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) {
        return [];
    }
    const wide = [...document.querySelectorAll('body *')].filter((node) => {
        const box = node.getBoundingClientRect();
        return box.right > width + 1 && box.width > 0 && !node.closest('.scroll, pre');
    });
    return [`the page is ${document.documentElement.scrollWidth} px wide`,
        ...wide.slice(0, 4).map((node) => node.outerHTML.slice(0, 120))];
}

module.exports = { findPages, linksOf, tooWide };
