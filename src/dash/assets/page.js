// SPDX-License-Identifier: Apache-2.0
// What scripts add to any page: local times, copy buttons, the theme, tables that are sorted in
// their place.
(() => {
    'use strict';
    const { element, themeChanged } = window.scrubjay;
    const root = document.documentElement;

    function localTimes(main) {
        const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
        for (const time of main.querySelectorAll('time[datetime]')) {
            const ns = Date.parse(time.dateTime) * 1e6;
            if (Number.isFinite(ns)) {
                time.title = `${time.textContent} (shown: ${zone})`;
                time.textContent = window.scrubjay.words('time', ns);
            }
        }
    }

    function copyButtons(main) {
        for (const command of main.querySelectorAll('pre.command')) {
            const button = element('button', { type: 'button' }, 'Copy');
            const box = element('div', { class: 'copied' });
            command.replaceWith(box);
            box.append(command, button);
            button.addEventListener('click', async () => {
                try {
                    await navigator.clipboard.writeText(command.textContent);
                    button.textContent = 'Copied';
                } catch {
                    // No clipboard without TLS: mark it, so that one key copies it.
                    getSelection().selectAllChildren(command);
                    button.textContent = 'Marked';
                }
            });
        }
    }

    function isDark() {
        return root.dataset.theme
            ? root.dataset.theme === 'dark'
            : matchMedia('(prefers-color-scheme: dark)').matches;
    }

    function themeButton(button) {
        const say = () => {
            button.textContent = isDark() ? '\u2600 Light' : '\u263e Dark';
        };
        say();
        button.addEventListener('click', () => {
            root.dataset.theme = isDark() ? 'light' : 'dark';
            try {
                localStorage.setItem('scrubjay-theme', root.dataset.theme);
            } catch {
                // It holds for this page then.
            }
            themeChanged();
        });
        window.scrubjay.sayTheme = say;
    }

    function tools() {
        const header = document.querySelector('header');
        if (!header) {
            return;
        }
        const theme = element('button', { type: 'button', class: 'theme' });
        const keys = element('button', { type: 'button', class: 'keys', title: 'Keys' }, '?');
        keys.setAttribute('aria-label', 'Keys');
        keys.addEventListener('click', () => window.scrubjay.showKeys());
        const box = element('div', { class: 'tools' }, theme, keys);
        const sign = header.querySelector('.sign');
        if (sign) {
            box.append(sign);
        }
        header.append(box);
        themeButton(theme);
    }

    // The server sorts: it knows the rows that are not shown, and how equal ones follow each other.
    // The order stands in the address, so that the view can be passed on.
    async function sort(address) {
        try {
            await window.scrubjay.renew(address);
            history.replaceState(null, '', address);
            if (document.querySelector('figure[data-chart]:not([data-drawn])')) {
                await window.scrubjay.drawAgain();
            }
        } catch {
            location.assign(address);
        }
    }

    document.addEventListener('click', (event) => {
        const link = event.target.closest('thead a');
        if (link && !event.ctrlKey && !event.shiftKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            sort(link.href);
        }
    });

    // With a drawing above it, the table waits until it is asked for.
    function foldTables(main) {
        for (const rows of main.querySelectorAll('details.rows')) {
            const isAimedAt = location.hash.length > 1
                && rows.querySelector(`#${CSS.escape(location.hash.slice(1))}`);
            rows.open = Boolean(isAimedAt);
            rows.dataset.ready = '';
        }
    }

    // Fields that were left empty do not belong into the address.
    function shortAddress(main) {
        const form = main.querySelector('.filters form');
        form?.addEventListener('submit', () => {
            const empty = [...form.elements].filter((field) => field.name && !field.value);
            empty.forEach((field) => {
                field.disabled = true;
            });
            // Whoever comes back finds them as they were.
            addEventListener('pageshow', () => empty.forEach((field) => {
                field.disabled = false;
            }));
        });
    }

    // What a page gets when it is loaded, and what comes in its place before it is shown.
    window.scrubjay.enhance = (main) => {
        foldTables(main);
        localTimes(main);
        copyButtons(main);
        shortAddress(main);
    };

    tools();
    window.scrubjay.enhance(document);
})();
