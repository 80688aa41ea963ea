// SPDX-License-Identifier: Apache-2.0
// A store with nothing in it: every page says what to run next, and shows no blank axes.
'use strict';
const { Reader, part, result } = require('./lib.js');

module.exports = async (site) => {
    const reader = await Reader.open(site.browser, { base: site.empty });
    await reader.tab.goto(site.empty);
    for (const name of ['overview', 'builds', 'commits', 'compare', 'headers', 'misses', 'units',
        'cache', 'status']) {
        await part(name, async () => {
            const status = await reader.go(`/dash/${name}`);
            const wrong = await reader.harm();
            const found = await reader.tab.evaluate(() => ({
                charts: document.querySelectorAll('figure').length,
                commands: document.querySelectorAll('pre.command').length,
                text: document.querySelector('main').innerText,
            }));
            if (status !== 200) {
                wrong.push(`status ${status}`);
            }
            if (found.charts) {
                wrong.push('axes without anything');
            }
            if (!found.commands && !['cache', 'status'].includes(name)) {
                wrong.push(`no command to run next: ${found.text}`);
            }
            result(`an empty store, ${name}: says what comes next`, wrong);
            if (name === 'overview') {
                await reader.shot('empty-light');
                result('an empty store: accessible', await reader.axe());
            }
        });
    }
    await reader.close();
};
