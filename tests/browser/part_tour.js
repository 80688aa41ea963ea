// SPDX-License-Identifier: Apache-2.0
// Pictures of pages. As a program it takes those of docs/dashboard-tour.md: see tour.sh.
'use strict';
const { launch, Reader, part, failed } = require('./lib.js');
const { findPages } = require('./pages.js');

const pictures = [
    { name: 'overview', height: 1290 },
    { name: 'build', selector: 'main h2', height: 620 },
    { name: 'commit', height: 1060 },
    { name: 'compare', height: 1000 },
    { name: 'unit', height: 1000 },
    { name: 'headers', height: 900 },
    { name: 'misses', height: 900, dark: true },
];

async function takePictures(site) {
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
}

module.exports = takePictures;

if (require.main === module) {
    launch().then(async (browser) => {
        await takePictures({ browser, local: process.argv[2] });
        await browser.close();
        process.exit(failed() ? 1 : 0);
    });
}
