// SPDX-License-Identifier: Apache-2.0
// A build while it runs: seen in the store of its machine, and at a server that it sends its records
// to. Each unit is compiled when this script says so, and not before.
'use strict';
const fs = require('node:fs');
const { spawn } = require('node:child_process');
const { Reader, part, result, equal, check } = require('./lib.js');

const LONGEST_MS = 60000;
const children = [];

// Starts a program; gives what its output says first that matches, and the program.
function start(site, args, env, pattern) {
    const child = spawn(site.scrubjay, args, {
        cwd: `${site.work}/steps`, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    child.ended = new Promise((done) => {
        child.once('exit', (code) => done(code));
    });
    return new Promise((done, fail) => {
        let text = '';
        const more = (data) => {
            text += data;
            const found = pattern.exec(text);
            if (found) {
                done({ child, said: found[1] });
            }
        };
        child.stdout.on('data', more);
        child.stderr.on('data', more);
        child.ended.then(() => fail(new Error(`scrubjay ${args.join(' ')} ended: ${text}`)));
    });
}

async function until(what, holds) {
    const end = Date.now() + LONGEST_MS;
    for (;;) {
        const found = await holds();
        if (found) {
            return found;
        }
        if (Date.now() > end) {
            throw new Error(`it does not come: ${what}`);
        }
        await new Promise((done) => {
            setTimeout(done, 50);
        });
    }
}

// Let the build compile a unit.
function pass(site, name) {
    return fs.promises.writeFile(`${site.work}/steps/gate/${name}`, 'go\n');
}

function rows(reader, count) {
    return reader.tab.waitForFunction((wanted) =>
        document.querySelectorAll('table#waterfall tbody tr').length === wanted, count,
    { timeout: LONGEST_MS });
}

// Notes what is announced, and asks whether it is still the page that was opened.
function listen() {
    window.isTheSame = true;
    window.said = [];
    const line = document.querySelector('[role=status]');
    new MutationObserver(() => window.said.push(line.textContent)).observe(line,
        { childList: true, characterData: true, subtree: true });
}

// Opens the page of the build that runs.
async function open(site, base, first) {
    const reader = await Reader.open(site.browser, { base });
    await reader.tab.goto(first);
    const path = await until('the build', async () => {
        const { tables: { builds } } = await reader.json('/dash/builds?since=all');
        return builds && builds.links.build?.[0];
    });
    await reader.go(path);
    await reader.tab.evaluate(listen);
    return reader;
}

async function opened(reader) {
    const text = await reader.tab.evaluate(() => document.querySelector('main').innerText);
    check('a build that runs has a page that says so', /under way/.test(text)
        && /running/.test(text), text);
    result('… that is accessible', await reader.axe());
}

async function grows(site, reader, team) {
    await pass(site, 'a');
    await pass(site, 'b');
    await rows(reader, 2);
    for (const name of ['waterfall', 'concurrency']) {
        await reader.tab.waitForSelector(`figure[data-table=${name}] .stage canvas`);
    }
    check('what it has done so far appears by itself', await reader.tab.evaluate(() =>
        window.isTheSame));
    await reader.tab.waitForFunction(() => /2 actions/.test(window.said.join()));
    check('… and is announced in a sentence', await reader.tab.evaluate(() =>
        window.said.every((text) => text.length < 200)));
    await rows(team, 2);
    check('… and at the server that its records go to', await team.tab.evaluate(() =>
        window.isTheSame));
}

async function keeps(site, reader) {
    const { tab } = reader;
    await tab.click('section:has(table#waterfall) details.rows > summary');
    const stage = await tab.$('figure[data-table=waterfall] .stage');
    await stage.focus();
    for (const key of ['ArrowRight', 'ArrowRight', '+', '+']) {
        await tab.keyboard.press(key);
    }
    await tab.evaluate(() => scrollTo(0, 240));
    const before = await tab.evaluate(() => [scrollY, document.querySelector(
        'figure[data-table=waterfall] .readout').textContent]);
    await pass(site, 'c');
    await rows(reader, 3);
    await reader.settle();
    const after = await tab.evaluate(() => [scrollY, document.querySelector(
        'figure[data-table=waterfall] .readout').textContent]);
    check('an update leaves the focus', await stage.evaluate((node) =>
        node === document.activeElement));
    equal('… what was chosen in a chart, and how far was scrolled', before.join(), after.join());
    check('… what was opened', await tab.isVisible('table#waterfall'));
    // Zoomed as it is, the key that shows all changes the picture.
    const picture = () => stage.evaluate((node) => node.querySelector('canvas').toDataURL());
    const zoomed = await picture();
    await tab.keyboard.press('0');
    check('… what was zoomed to', zoomed !== await picture());
    await tab.keyboard.press('/');
    await tab.keyboard.type('mai');
    await pass(site, 'd');
    await rows(reader, 4);
    equal('… and what is being typed', 'mai', await tab.evaluate(() =>
        document.activeElement.value));
    await tab.keyboard.press('Escape');
    const link = await tab.$('table#waterfall tbody tr:nth-child(2) a');
    await link.focus();
    await reader.shot('live-light');
    check('said in full once, not at each look', await tab.evaluate(() =>
        window.said.length <= 3), JSON.stringify(await tab.evaluate(() => window.said)));
}

// A browser without a screen hides no tab: this one is told that it is.
function hide(isHidden) {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden });
    document.dispatchEvent(new Event('visibilitychange'));
}

async function hidden(site, reader, team) {
    const { tab } = reader;
    let looks = 0;
    tab.on('request', (request) => {
        looks += request.url().includes('/dash/build/');
    });
    await tab.evaluate(hide, true);
    looks = 0;
    await pass(site, 'e');
    await rows(team, 5); // another one that is not hidden goes on
    equal('a tab that nobody sees does not ask', 0, looks);
    await tab.evaluate(hide, false);
    await rows(reader, 5);
    check('… until it is looked at again', looks > 0);
    check('the focus on a row is left there', await tab.evaluate(() =>
        document.activeElement.closest('table')?.id === 'waterfall'));
    return () => looks;
}

async function away(site, team, serve) {
    const { tab } = team;
    serve.child.kill();
    await serve.child.ended;
    const isSaid = (words) => tab.waitForFunction((wanted) =>
        window.said.some((text) => text.includes(wanted)), words, { timeout: LONGEST_MS });
    await isSaid('does not answer');
    // It has tried again, and has not said so again.
    await tab.waitForEvent('requestfailed', { timeout: LONGEST_MS });
    equal('a server that has gone is told once', 1, await tab.evaluate(() =>
        window.said.filter((text) => text.includes('does not answer')).length));
    equal('… and what was known stays', 5, await tab.evaluate(() =>
        document.querySelectorAll('table#waterfall tbody tr').length));
    const again = await serveTeam(site, new URL(serve.said).host);
    await isSaid('answers again');
    check('… and the page goes on when it is back', await tab.evaluate(() => window.isTheSame));
    return again;
}

async function ends(site, reader, build, looks) {
    const { tab } = reader;
    await pass(site, 'f');
    equal('the build ends well', 0, await build.child.ended);
    await tab.waitForFunction(() => !('live' in document.getElementById('main').dataset), null,
        { timeout: LONGEST_MS });
    await rows(reader, 6);
    await tab.waitForFunction(() => /nothing more is to come/.test(window.said.at(-1)));
    const text = await tab.evaluate(() => document.querySelector('main').innerText);
    check('the page says that it has ended', !/under way|running/.test(text), text);
    check('all of it came without loading the page anew', await tab.evaluate(() =>
        window.isTheSame));
    await reader.shot('live-end-light');
    result('nothing went wrong', await reader.harm());
    // A tab that comes to the front would ask at once, if it still did.
    const before = looks();
    await tab.evaluate(hide, true);
    await tab.evaluate(hide, false);
    await tab.waitForTimeout(6000);
    equal('it asks no more', before, looks());
}

function serveTeam(site, listen) {
    return start(site, ['serve', '--listen', listen, '--cache-dir', `${site.work}/live-team`], {},
        /listening on (http:\/\/\S+)/);
}

async function run(site) {
    const store = { SCRUBJAY_DIR: `${site.work}/live` };
    const serve = await serveTeam(site, '127.0.0.1:0');
    const remote = { ...store, SCRUBJAY_REMOTE: serve.said };
    await start(site, ['serve', '--agent'], remote, /listening on (.*)/);
    const dash = await start(site, ['dash', '--no-browser'], store, /(http:\/\/\S+)/);
    const build = { child: spawn(site.scrubjay, ['run', '--', 'make', '-s'],
        { cwd: `${site.work}/steps`, env: { ...process.env, ...remote }, stdio: 'ignore' }) };
    children.push(build.child);
    build.child.ended = new Promise((done) => {
        build.child.once('exit', (code) => done(code));
    });
    const reader = await open(site, dash.said, dash.said);
    const team = await open(site, serve.said, `${serve.said}/dash`);
    await opened(reader);
    await grows(site, reader, team);
    await keeps(site, reader);
    const looks = await hidden(site, reader, team);
    await away(site, team, serve);
    await ends(site, reader, build, looks);
    await rows(team, 6);
    await team.tab.waitForFunction(() => !('live' in document.getElementById('main').dataset),
        null, { timeout: LONGEST_MS });
    result('nothing went wrong at the server', (await team.harm())
        .filter((line) => !/ERR_CONNECTION/.test(line)));
    await reader.close();
    await team.close();
}

module.exports = async (site) => {
    await part('live', () => run(site));
    for (const child of children.filter(({ exitCode }) => exitCode === null)) {
        child.kill();
        await child.ended;
    }
};
