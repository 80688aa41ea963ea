// SPDX-License-Identifier: Apache-2.0
// What scripts add to any page: local times, copy buttons, the theme, tables that sort at once.
(() => {
    'use strict';
    const { element, themeChanged } = window.scrubjay;
    const root = document.documentElement;

    function localTimes() {
        const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
        for (const time of document.querySelectorAll('time[datetime]')) {
            const ns = Date.parse(time.dateTime) * 1e6;
            if (Number.isFinite(ns)) {
                time.title = `${time.textContent} (shown: ${zone})`;
                time.textContent = window.scrubjay.words('time', ns);
            }
        }
    }

    function copyButtons() {
        for (const command of document.querySelectorAll('pre.command')) {
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

    function keyOf(cell) {
        const number = cell.dataset.v;
        return number === undefined ? cell.textContent : Number(number);
    }

    // Rows without a number come last, whichever way.
    function compare(a, b, way) {
        if (typeof a !== typeof b) {
            return typeof a === 'number' ? -1 : 1;
        }
        return way * (typeof a === 'number' ? a - b : a.localeCompare(b));
    }

    function sortBy(table, head) {
        const isNumber = head.classList.contains('n');
        const now = head.getAttribute('aria-sort');
        const way = now ? (now === 'ascending' ? -1 : 1) : (isNumber ? -1 : 1);
        const rows = [...table.tBodies[0].rows]
            .map((row) => ({ row, key: keyOf(row.cells[head.cellIndex]) }));
        rows.sort((a, b) => compare(a.key, b.key, way));
        table.tBodies[0].append(...rows.map(({ row }) => row));
        table.querySelectorAll('th[aria-sort]').forEach((other) => {
            other.removeAttribute('aria-sort');
        });
        head.setAttribute('aria-sort', way > 0 ? 'ascending' : 'descending');
        return way;
    }

    // The order stands in the address, too, so that the view can be passed on.
    function noteSort(href) {
        history.replaceState(null, '', href);
    }

    function sortable() {
        for (const table of document.querySelectorAll('table[data-all]')) {
            for (const link of table.tHead.querySelectorAll('a')) {
                const head = link.closest('th');
                const button = element('button', { type: 'button' }, link.textContent);
                const address = new URL(link.href);
                const name = address.searchParams.get('sort').replace(/^-/, '');
                link.replaceWith(button);
                button.addEventListener('click', () => {
                    const way = sortBy(table, head);
                    address.searchParams.set('sort', way > 0 ? name : `-${name}`);
                    noteSort(address);
                });
            }
        }
    }

    // With a drawing above it, the table waits until it is asked for.
    function foldTables() {
        for (const rows of document.querySelectorAll('details.rows')) {
            const isAimedAt = location.hash.length > 1
                && rows.querySelector(`#${CSS.escape(location.hash.slice(1))}`);
            rows.open = Boolean(isAimedAt);
            rows.dataset.ready = '';
        }
    }

    // Fields that were left empty do not belong into the address.
    function shortAddress() {
        const form = document.querySelector('.filters form');
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

    // What a page gets when it is loaded, and again when it has been looked at anew.
    window.scrubjay.enhance = () => {
        foldTables();
        localTimes();
        copyButtons();
        sortable();
        shortAddress();
    };

    tools();
    window.scrubjay.enhance();
})();
