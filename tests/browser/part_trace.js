// SPDX-License-Identifier: Apache-2.0
// What clang tells of a compile (-ftime-trace), imported, as an icicle on the unit's page. In the
// dark, on a phone and without scripts part_pages.js looks at it.
'use strict';
const { Reader, part, result, equal, check } = require('./lib.js');

const figure = 'figure[data-table=trace]';
const path = '/dash/unit/out%2Fdraw%2Frender.o';

async function drawn(reader) {
    const { tab } = reader;
    const data = await reader.json(path);
    const { name, depth } = data.tables.trace.data;
    check('a trace that was imported is on the page of its unit', name[0] === 'ExecuteCompiler'
        && Math.max(...depth) > 3 && name.some((text) => text.includes('include/geometry.h')),
    name.slice(0, 5).join());
    await reader.go(path);
    const box = await tab.$(`${figure} .stage canvas`);
    const { height } = await box.boundingBox();
    check('… a lane for each depth', height > (Math.max(...depth) + 1) * 5, `${height} px`);
    await tab.click(`section:has(${figure}) details.rows > summary`);
    const rows = await tab.$$eval('table#trace tbody tr', (all) => all.length);
    check('… with its table beside it', rows > 20 && await tab.isVisible('table#trace'), `${rows} rows`);
    await tab.click(`section:has(${figure}) details.rows > summary`);
}

async function byKeys(reader) {
    const { tab } = reader;
    const stage = await tab.$(`${figure} .stage`);
    const picture = () => stage.evaluate((node) => node.querySelector('canvas').toDataURL());
    const readout = () => tab.textContent(`${figure} .readout`);
    await stage.focus();
    await tab.keyboard.press('ArrowRight');
    const outermost = await readout();
    await tab.keyboard.press('ArrowDown');
    const inner = await readout();
    check('arrows lead into it', outermost.startsWith('ExecuteCompiler') && inner !== outermost
        && /\d/.test(inner), `${outermost} / ${inner}`);
    await tab.keyboard.press('ArrowUp');
    equal('… and out of it', outermost, await readout());
    await tab.keyboard.press('ArrowDown');
    await tab.keyboard.press('ArrowDown');
    const all = await picture();
    await tab.keyboard.press('Enter');
    check('Enter zooms in', all !== await picture());
    await reader.shot('trace-zoomed-light');
    await tab.keyboard.press('0');
    equal('… 0 shows all', true, all === await picture());
    // One that can be hit, and is not all there is.
    const { width, height } = await stage.boundingBox();
    const { depth, start_ns: starts, wall_ns: lengths } = (await reader.json(path)).tables.trace.data;
    const whole = Math.max(...lengths);
    const at = lengths.findIndex((length) => length > whole / 10 && length < whole * 0.8);
    const lane = (height - 22) / (Math.max(...depth) + 1);
    const middle = width * (starts[at] + lengths[at] / 2) / whole;
    const click = (deep) => stage.click({ position: { x: middle, y: 20 + lane * (deep + 0.5) } });
    const isZoomed = async () => {
        const before = await picture();
        await tab.keyboard.press('0');
        return before !== await picture();
    };
    await click(depth[at]);
    check('a click zooms in', await isZoomed());
    await click(depth[at]);
    await click(0);
    check('… one on the outermost shows all', !await isZoomed());
    result('the trace: nothing went wrong', await reader.harm());
}

module.exports = async (site) => {
    const reader = await Reader.open(site.browser, { base: site.local });
    await reader.tab.goto(site.local);
    await part('a trace', () => drawn(reader));
    await part('a trace by keys', () => byKeys(reader));
    await reader.close();
};
