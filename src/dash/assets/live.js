// SPDX-License-Identifier: Apache-2.0
// A page that changes, such as of a build that is running, is looked at again while somebody sees it.
(() => {
    'use strict';
    const { element, renew } = window.scrubjay;
    const SAY_MS = 30000; // between two announcements of what is new
    const WAIT_MAX = 60000; // while the server does not answer
    const main = document.getElementById('main');
    const wait = Number(main?.dataset.live) * 1000;
    if (!(wait > 0)) {
        return;
    }

    const line = element('p', { class: 'live', role: 'status', 'data-own': '' });
    let timer = 0;
    let lookedAt = Date.now();
    let saidAt = 0;
    let isLooking = false;
    let failures = 0;
    let lastGood = new Date();

    const summary = () => [...main.querySelectorAll('.summary')].map((node) => node.textContent);
    let known = summary();

    // News stand in the page anyway: they are for who cannot see it.
    function say(text, isNews) {
        line.className = isNews ? 'unseen' : 'live';
        line.textContent = text;
        saidAt = Date.now();
    }

    // The sentence below a chart says what is in it: the first that has another number is enough.
    function tellNew() {
        const now = summary();
        const isDue = Date.now() - saidAt >= SAY_MS;
        const text = now.find((one) => /\d/.test(one) && !known.includes(one));
        if (isDue && text) {
            known = now;
            say(text, true);
        }
        return text || '';
    }

    function plan(ms) {
        clearTimeout(timer);
        if (!document.hidden && 'live' in main.dataset) {
            timer = setTimeout(look, ms);
        }
    }

    function failed(error) {
        failures++;
        if (failures === 1) {
            const time = lastGood.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
            const why = /^the server/.test(error.message) ? error.message
                : 'the server does not answer';
            say(`${why[0].toUpperCase()}${why.slice(1)}: this is how it was at ${time}. `
                + 'The page goes on trying.');
        }
    }

    async function look() {
        if (isLooking) {
            return;
        }
        isLooking = true;
        lookedAt = Date.now();
        try {
            const isNew = await renew(location.href);
            if (isNew) {
                await window.scrubjay.drawAgain();
            }
            const news = isNew ? tellNew() : '';
            if (!('live' in main.dataset)) {
                say(`${news} This is all: nothing more is to come.`.trim());
            } else if (failures) {
                say('The server answers again.');
            }
            failures = 0;
            lastGood = new Date();
        } catch (error) {
            failed(error);
        }
        isLooking = false;
        plan(Math.min(wait * 2 ** Math.max(0, failures - 1), WAIT_MAX));
    }

    // Who comes back sees what is, not what was.
    document.addEventListener('visibilitychange', () => {
        plan(Math.max(0, lookedAt + wait - Date.now()));
    });

    main.querySelector('.top').after(line);
    plan(wait);
})();
