// SPDX-License-Identifier: Apache-2.0
// The form that compares: by keys alone, with and without scripts; what it makes of unknown names.
'use strict';
const { Reader, part, result, equal, check } = require('./lib.js');

const values = () => ['a', 'b'].map((name) => document.forms[document.forms.length - 1]
    .elements[name].value).join(' ');

async function submit(reader, keys) {
    await Promise.all([reader.tab.waitForNavigation(), reader.tab.keyboard.press(keys)]);
    await reader.settle();
}

async function ask(reader, how, pair) {
    const { tab } = reader;
    await reader.go('/dash/compare?since=all');
    await tab.focus('input[name=a]');
    await tab.keyboard.type(` ${pair[0]} `);
    await tab.keyboard.press('Tab');
    await tab.keyboard.type(pair[1]);
    await submit(reader, 'Enter');
    equal(`${how}: leads to the address of the comparison`,
        `/dash/compare/${pair.join('/')}?since=all`, decodeURIComponent(tab.url()
            .replace(reader.origin, '')));
    equal(`${how}: stays there, filled in`, pair.join(' '), await tab.evaluate(values));
    check(`${how}: the comparison is there`, Boolean(await tab.$('table#rows')));
    await Promise.all([tab.waitForNavigation(), tab.click('text=Swap A and B')]);
    equal(`${how}: both can be swapped`, [...pair].reverse().join(' '), await tab.evaluate(values));
    await reader.go('/dash/compare');
    await tab.fill('input[name=b]', pair[1]);
    await submit(reader, 'Enter');
    check(`${how}: one alone is compared with the one before`,
        /\/dash\/compare\/[^/?]+\/[^/?]+/.test(tab.url()), tab.url());
    result(`${how}: harms nobody`, await reader.harm());
}

async function unknown(reader) {
    const { tab } = reader;
    const evil = '"><img src=x onerror=alert(9)>/..';
    await reader.go('/dash/compare');
    await tab.fill('input[name=a]', evil);
    await tab.fill('input[name=b]', 'nosuch');
    await submit(reader, 'Enter');
    equal('unknown names stay in the form', `${evil} nosuch`, await tab.evaluate(values));
    const text = await tab.evaluate(() => document.querySelector('main').innerText);
    check('… are said to be unknown', text.includes(`'${evil}' is neither a build`), text);
    check('… with what there is', Boolean(await tab.$('table#pairs')));
    await reader.shot('compare-unknown-light');
    result('… accessible', await reader.axe());
    result('… and harm nobody', (await reader.harm()).filter((line) => !/status of 404/.test(line)));
}

module.exports = async (site) => {
    const reader = await Reader.open(site.browser, { base: site.local });
    await reader.tab.goto(site.local);
    const [first] = (await reader.json('/dash/compare')).tables.pairs.data.before;
    const pairs = [[first, 'today'], ['HEAD~1', 'main'], ['main', 'feature/faster']];
    for (const pair of pairs) {
        await part(pair.join(' '), () => ask(reader, pair.join(' '), pair));
    }
    await part('unknown names', () => unknown(reader));
    await reader.close();
    const plain = await Reader.open(site.browser, { base: site.local, scripts: false });
    await plain.tab.goto(site.local);
    await part('without scripts', () => ask(plain, 'without scripts', pairs[0]));
    await plain.close();
};
