// SPDX-License-Identifier: Apache-2.0
// Drives the browser for dash.sh, which hands over addresses and tokens in the environment. Prints a
// line for each check. With arguments only the parts of these names run.
'use strict';
const { launch, part, failed } = require('./lib.js');

const parts = {
    pages: require('./part_pages.js'),
    keys: require('./part_keys.js'),
    compare: require('./part_compare.js'),
    views: require('./part_views.js'),
    trace: require('./part_trace.js'),
    hostile: require('./part_hostile.js'),
    empty: require('./part_empty.js'),
    team: require('./part_team.js'),
    large: require('./part_large.js'),
    tour: require('./part_tour.js'),
};

async function main() {
    const env = process.env;
    const site = {
        browser: await launch(),
        local: env.LOCAL_URL,
        empty: env.EMPTY_URL,
        large: env.LARGE_URL,
        team: env.TEAM_URL,
        admin: env.ADMIN_TOKEN,
        reader: env.READER_TOKEN,
        scrubjay: env.SCRUBJAY,
        work: env.WORK,
        hostile: {
            author: env.HOSTILE_AUTHOR,
            subject: env.HOSTILE_SUBJECT,
            note: env.HOSTILE_NOTE,
            dir: env.HOSTILE_DIR,
            header: env.HOSTILE_HEADER,
        },
    };
    const wanted = process.argv.slice(2);
    const run = async (name, of) => {
        const start = Date.now();
        if (!wanted.length || wanted.includes(name)) {
            await part(name, () => of(site));
            process.stderr.write(`${name}: ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
        }
    };
    // It mostly waits: for a build, and for pages that look again every few seconds.
    const live = run('live', require('./part_live.js'));
    for (const [name, of] of Object.entries(parts)) {
        await run(name, of);
    }
    await live;
    await site.browser.close();
}

main().then(() => process.exit(0), (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(failed() ? 1 : 2);
});
