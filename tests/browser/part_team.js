// SPDX-License-Identifier: Apache-2.0
// A team's server: signing in and out, and what is the administrator's alone.
'use strict';
const { Reader, part, result, equal, check } = require('./lib.js');

async function signIn(reader, token) {
    const { tab } = reader;
    await tab.fill('input[type=password], main input[name=token]', token);
    await Promise.all([tab.waitForNavigation(), tab.press('main form input:not([type=hidden])',
        'Enter')]);
    await reader.settle();
}

const shown = () => document.querySelector('main').innerText;

async function flow(site, reader) {
    const { tab } = reader;
    await reader.go('/dash/builds?since=all');
    await tab.waitForSelector('main form input');
    check('who is not signed in sees the form', !await tab.$('table#builds'), tab.url());
    await reader.shot('login-light');
    result('the form: accessible', await reader.axe());
    await signIn(reader, site.admin.replace(/.{4}$/, 'zzzz'));
    check('a wrong token is refused, with a word why',
        /wrong|expired/.test(await tab.evaluate(shown)) && Boolean(await tab.$('main form input')));
    await reader.shot('login-wrong-light');
    result('… without harm', (await reader.harm()).filter((line) => !/status of 40[0-9]/.test(line)));
    await signIn(reader, site.admin);
    check('the right one leads to what was asked for', /\/dash\/builds\?since=all/.test(tab.url())
        && Boolean(await tab.$('table#builds')), tab.url());
    const cookies = await reader.context.cookies();
    equal('one cookie, that scripts cannot read and other sites do not send', '1 true true',
        `${cookies.length} ${cookies.every((one) => one.httpOnly)} `
        + `${cookies.every((one) => ['Lax', 'Strict'].includes(one.sameSite))}`);
    check('the token is in no address and no page', !(await tab.content()).includes(site.admin)
        && !tab.url().includes(site.admin));
}

async function adminPages(site, reader) {
    for (const name of ['tokens', 'status', 'cache', 'overview', 'commits']) {
        await part(name, async () => {
            const status = await reader.go(`/dash/${name}`);
            result(`${name}: loads for the administrator`, [status === 200 ? '' : `status ${status}`,
                ...await reader.harm()]);
            await reader.shot(`team-${name}-light`);
            result(`${name}: accessible`, await reader.axe());
        });
    }
    await reader.go('/dash/tokens');
    const text = await reader.tab.evaluate(shown);
    check('a hostile note shows as text', text.includes(site.hostile.note), text);
}

async function revoke(reader) {
    const { tab } = reader;
    await reader.go('/dash/tokens');
    await Promise.all([tab.waitForNavigation(), tab.click('tr:has-text("to be revoked") a')]);
    await reader.shot('team-token-light');
    result('a token: accessible', await reader.axe());
    await Promise.all([tab.waitForNavigation(), tab.click('text=Revoke this token')]);
    equal('who has revoked a token sees the others', '/dash/tokens', new URL(tab.url()).pathname);
    check('… and that one no more', !(await tab.evaluate(shown)).includes('to be revoked'));
    result('… without harm', await reader.harm());
}

async function signOut(reader) {
    const { tab } = reader;
    await reader.go('/dash');
    await Promise.all([tab.waitForNavigation(), tab.click('form.sign button')]);
    await reader.go('/dash/builds');
    await tab.waitForSelector('main form input');
    check('who signs out sees nothing', !await tab.$('table#builds'));
    equal('… and has no cookie', 0, (await reader.context.cookies()).length);
}

async function plainReader(site) {
    const reader = await Reader.open(site.browser, { base: site.team });
    await reader.go('/dash/login');
    await signIn(reader, site.reader);
    equal('a reader: tokens are not theirs to see', 403, await reader.go('/dash/tokens'));
    equal('a reader: builds are', 200, await reader.go('/dash/builds'));
    check('a reader: no link to what they may not see', !await reader.tab.$('nav a[href*=tokens]'));
    await reader.close();
    const bearer = await site.browser.newContext();
    const ask = (token) => bearer.request.get(`${site.team}/api/v1/builds`,
        token ? { headers: { Authorization: `Bearer ${token}` } } : {});
    equal('programs show the token as they always do', '200 401',
        `${(await ask(site.reader)).status()} ${(await ask('')).status()}`);
    await bearer.close();
}

// Without scripts it has to work as well: it is a form.
async function plainForm(site) {
    const reader = await Reader.open(site.browser, { base: site.team, scripts: false });
    await reader.go('/dash/login');
    await signIn(reader, site.reader);
    equal('signing in works without scripts', 200, await reader.go('/dash/builds'));
    await reader.close();
}

module.exports = async (site) => {
    const reader = await Reader.open(site.browser, { base: site.team });
    await part('signing in', () => flow(site, reader));
    await part('pages of the administrator', () => adminPages(site, reader));
    await part('revoking', () => revoke(reader));
    await part('signing out', () => signOut(reader));
    await part('a reader', () => plainReader(site));
    await part('without scripts', () => plainForm(site));
    await reader.close();
};
