// SPDX-License-Identifier: Apache-2.0
// A page that changes, such as of a build that is running, is looked at again.
(() => {
    'use strict';
    const wait = Number(document.getElementById('main')?.dataset.live) * 1000;

    // Nobody is reading a chart, typing, or looking elsewhere.
    function isFree() {
        const at = document.activeElement;
        return !document.hidden && !document.querySelector('dialog[open], .filters details[open]')
            && !(at && at.closest('.stage, input, .rows'));
    }

    function openTables() {
        return [...document.querySelectorAll('details.rows[open] table')].map(({ id }) => id);
    }

    async function look() {
        const answer = await fetch(location.href, { credentials: 'same-origin' });
        if (!answer.ok) {
            return true;
        }
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const main = page.getElementById('main');
        if (!main || !isFree()) {
            return true;
        }
        const open = openTables();
        document.getElementById('main').replaceChildren(...main.childNodes);
        window.scrubjay.forget();
        window.scrubjay.enhance();
        for (const id of open) {
            const rows = document.getElementById(id)?.closest('details.rows');
            if (rows) {
                rows.open = true;
            }
        }
        await window.scrubjay.drawAll();
        return Boolean(main.dataset.live);
    }

    async function again() {
        let goesOn = true;
        try {
            goesOn = isFree() ? await look() : true;
        } catch {
            // The server may be starting again.
        }
        if (goesOn) {
            setTimeout(again, wait);
        }
    }

    if (wait > 0) {
        setTimeout(again, wait);
    }
})();
