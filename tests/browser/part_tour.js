// SPDX-License-Identifier: Apache-2.0
// The pictures of docs/dashboard-tour.md. When pages have changed:
//   for i in build-browser/shots/tour-*.png; do
//       convert "$i" +dither -colors 64 -strip "docs/pictures/${i##*/tour-}"
//   done
'use strict';
const { Reader, part } = require('./lib.js');
const { findPages } = require('./pages.js');

const pictures = [
    { name: 'overview', height: 1000 },
    { name: 'build', selector: 'main h2', height: 660 },
    { name: 'commit', height: 560 },
    { name: 'compare', height: 620 },
    { name: 'unit', height: 520 },
    { name: 'headers', height: 560 },
    { name: 'misses', height: 690, dark: true },
];

module.exports = async (site) => {
    for (const dark of [false, true]) {
        const reader = await Reader.open(site.browser, { base: site.local, dark });
        await reader.tab.goto(site.local);
        await reader.tab.setViewportSize({ width: 1120, height: 760 });
        const pages = await findPages(reader, site.hostile);
        for (const { name, selector, height } of pictures.filter((one) => Boolean(one.dark) === dark)) {
            await part(`picture of ${name}`, async () => {
                await reader.go(pages.find((page) => page.name === name).path);
                await reader.picture(`tour-${name}`, selector, height);
            });
        }
        await reader.close();
    }
};
