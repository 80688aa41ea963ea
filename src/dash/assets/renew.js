// SPDX-License-Identifier: Apache-2.0
// What is shown becomes what the server says now. What is as it was stays the same element: focus,
// scrolling, what was opened, marked or typed is the reader's.
(() => {
    'use strict';
    const LONGEST_MS = 30000;

    // What scripts put into the page, and what charts draw, is not the server's.
    function isOwn(node) {
        return Boolean(node.dataset && 'own' in node.dataset);
    }

    // Nodes of one key take each other's place, in their order. Rows have nothing but what is in
    // them; a section is known by what it shows.
    function keyOf(node) {
        if (node.nodeType !== Node.ELEMENT_NODE) {
            return String(node.nodeType);
        }
        if (node.nodeName === 'TR' && node.parentNode.nodeName === 'TBODY') {
            return node.outerHTML;
        }
        const shown = node.nodeName === 'SECTION' ? node.querySelector('table[id], p[id]') : node;
        return `${node.nodeName} ${shown?.id || node.className}`;
    }

    function take(known, node) {
        return known.get(keyOf(node))?.shift() || null;
    }

    function renewChildren(from, to) {
        const known = new Map();
        for (const node of from.childNodes) {
            if (!isOwn(node)) {
                const key = keyOf(node);
                known.set(key, [...known.get(key) || [], node]);
            }
        }
        const pairs = [...to.childNodes].map((node) => [take(known, node), node]);
        [...known.values()].flat().forEach((node) => node.remove());
        let at = from.firstChild;
        const skipOwn = () => {
            while (at && isOwn(at)) {
                at = at.nextSibling;
            }
        };
        for (const [old, node] of pairs) {
            skipOwn();
            if (old !== at || !old) {
                from.insertBefore(old || node, at);
            } else {
                at = at.nextSibling;
            }
            if (old) {
                renewNode(old, node);
            }
        }
    }

    function renewAttributes(from, to, kept) {
        for (const { name } of [...from.attributes]) {
            if (!to.hasAttribute(name) && !kept.includes(name)) {
                from.removeAttribute(name);
            }
        }
        for (const { name, value } of to.attributes) {
            if (from.getAttribute(name) !== value && !kept.includes(name)) {
                from.setAttribute(name, value);
            }
        }
    }

    function renewNode(from, to) {
        if (from.isEqualNode(to)) {
            return;
        }
        if (from.nodeType !== Node.ELEMENT_NODE) {
            from.data = to.data;
            return;
        }
        if (from.nodeName === 'FIGURE' && from.querySelector('.stage')) {
            from.setAttribute('aria-label', to.getAttribute('aria-label'));
            return;
        }
        renewAttributes(from, to, ['open', 'data-drawn']);
        renewChildren(from, to);
    }

    // A row whose figures have changed is another one: its place is known by its name.
    function placeOf(node) {
        const row = node.closest('tbody tr');
        return row && {
            table: row.closest('table').id,
            name: row.cells[0].textContent,
            at: [...row.querySelectorAll('a')].indexOf(node),
        };
    }

    function focusAgain(place) {
        const rows = [...document.getElementById(place?.table)?.tBodies[0]?.rows || []];
        const row = rows.find((other) => other.cells[0].textContent === place.name);
        const node = row?.querySelectorAll('a')[place.at] || document.getElementById('main');
        node.focus({ preventScroll: true });
    }

    // Of several that are asked at once, the last one counts.
    let turns = 0;

    // Ask for an address of this page and show what comes; charts stay as they are. Gives whether
    // anything is new.
    window.scrubjay.renew = async (address) => {
        const turn = ++turns;
        const answer = await fetch(address, {
            credentials: 'same-origin', signal: AbortSignal.timeout(LONGEST_MS),
        });
        if (!answer.ok) {
            throw new Error(`the server answered ${answer.status}`);
        }
        const text = await answer.text();
        if (turn !== turns) {
            return false;
        }
        const page = new DOMParser().parseFromString(text, 'text/html');
        const next = page.getElementById('main');
        if (!next || page.body.dataset.page !== document.body.dataset.page) {
            throw new Error('the server answered with another page');
        }
        const main = document.getElementById('main');
        window.scrubjay.enhance(next);
        const before = main.innerHTML;
        const focused = main.contains(document.activeElement) ? document.activeElement : null;
        const place = focused && placeOf(focused);
        renewNode(main, next);
        if (focused && !focused.isConnected) {
            focusAgain(place);
        }
        return before !== main.innerHTML;
    };
})();
