// SPDX-License-Identifier: Apache-2.0
// Pages over many builds: what a first view costs over the network. tests/bench/dash_browser.sh has
// more builds, and prints the times.
'use strict';
const { part, result } = require('./lib.js');
const { open, weigh, findPaths } = require('./weigh.js');

const DATA_MAX = 50 * 1024;
const ASSETS_MAX = 150 * 1024;

module.exports = async (site) => {
    const reader = await open(site.browser, site.large);
    const paths = await findPaths(reader);
    for (const path of [...paths, '/dash?since=all', '/dash/builds?since=all',
        '/dash/misses?since=all']) {
        await part(path, async () => {
            const cost = await weigh(reader, path);
            const data = cost.document + cost.data;
            result(`${path.slice(0, 40)}: a first view is small`, [
                data > DATA_MAX || !cost.document ? `${data} bytes` : '',
                cost.assets > ASSETS_MAX || !cost.assets ? `${cost.assets} bytes of assets` : '',
                ...await reader.harm(),
            ]);
        });
    }
    await reader.close();
};
