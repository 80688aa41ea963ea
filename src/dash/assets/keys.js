// SPDX-License-Identifier: Apache-2.0
// Keys that work on every page. None has Ctrl, Alt or Meta, which are the browser's.
(() => {
    'use strict';
    const { element } = window.scrubjay;
    const pages = {};

    // The first letter of a page's name that no page before it has.
    for (const link of document.querySelectorAll('nav a')) {
        const letter = [...link.textContent.toLowerCase()]
            .find((character) => /[a-z]/.test(character) && !pages[character]);
        if (letter) {
            pages[letter] = link;
        }
    }

    let dialog = null;
    function makeDialog() {
        const list = element('dl');
        const add = (keys, meaning) => {
            list.append(element('dt', {}, ...keys.flatMap((key) => [element('kbd', {}, key), ' '])),
                element('dd', {}, meaning));
        };
        add(['?'], 'these keys');
        add(['/'], 'filter');
        add(['d'], 'dark or light');
        for (const [letter, link] of Object.entries(pages)) {
            add(['g', letter], link.textContent);
        }
        add(['\u2190', '\u2192'], 'move in a chart; with Shift, by ten');
        add(['+', '\u2212', '0'], 'zoom a chart, and back');
        add(['Enter'], 'go to what a chart shows there');
        const close = element('button', {}, 'Close');
        dialog = element('dialog', { 'aria-labelledby': 'keys-title' },
            element('h2', { id: 'keys-title' }, 'Keys'), list,
            element('form', { method: 'dialog', class: 'plain' }, close));
        document.body.append(dialog);
    }

    window.scrubjay.showKeys = () => {
        if (!dialog) {
            makeDialog();
        }
        dialog.showModal();
    };

    function focusFilter() {
        const details = document.querySelector('.filters details');
        if (details) {
            details.open = true;
            details.querySelector('input').focus();
        }
    }

    let isGoing = false;
    function pressed(event) {
        const isTyping = event.target.closest('input, textarea, select, dialog');
        if (isTyping || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) {
            return;
        }
        const wasGoing = isGoing;
        isGoing = !wasGoing && event.key === 'g';
        if (wasGoing && pages[event.key]) {
            pages[event.key].click();
        } else if (!wasGoing && event.key === '?') {
            window.scrubjay.showKeys();
        } else if (!wasGoing && event.key === '/') {
            focusFilter();
        } else if (!wasGoing && event.key === 'd') {
            document.querySelector('.theme')?.click();
        } else {
            return;
        }
        event.preventDefault();
    }
    document.addEventListener('keydown', pressed);

    document.querySelector('.filters details')?.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') {
            event.currentTarget.open = false;
            event.currentTarget.querySelector('summary').focus();
        }
    });
})();
