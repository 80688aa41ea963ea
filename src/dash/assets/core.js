// SPDX-License-Identifier: Apache-2.0
// What all scripts share: elements, text that is harmless, numbers in words, data, colours.
window.scrubjay = (() => {
    'use strict';

    function fill(node, attributes, children) {
        for (const [name, value] of Object.entries(attributes || {})) {
            if (value !== null && value !== undefined) {
                node.setAttribute(name, value);
            }
        }
        node.append(...children);
        return node;
    }

    function element(tag, attributes, ...children) {
        return fill(document.createElement(tag), attributes, children);
    }

    function shape(tag, attributes, ...children) {
        return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes,
            children);
    }

    // The same characters as on the server: unseen ones, and those that turn text around.
    const odd = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b\\u200e\\u200f'
        + '\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]', 'gu');

    function clean(text) {
        return String(text ?? '').replace(odd, (character) => '\u2039U+'
            + character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0') + '\u203a');
    }

    // Only addresses of this server, so that no text from outside can lead elsewhere.
    function follow(href) {
        if (href && /^\/(?![/\\])/.test(href)) {
            location.assign(href);
        }
    }

    function digits(value) {
        const size = Math.abs(value);
        if (size !== 0 && size < 1e-9) {
            return value.toExponential(2);
        }
        const text = size >= 99.95 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
        return text.replace('-', '\u2212');
    }

    function count(value) {
        const size = Math.abs(value);
        if (size >= 999.5e6) {
            return digits(value / 1e9) + ' billion';
        }
        if (size >= 999500) {
            return digits(value / 1e6) + ' million';
        }
        return Math.round(value).toLocaleString('en-US').replace('-', '\u2212');
    }

    function scaled(value, units) {
        const size = Math.abs(value);
        const [, unit, name, part, partName] = units.find(([most]) => size < most);
        if (!part) {
            return `${digits(value / unit)} ${name}`;
        }
        const parts = Math.round(size / part);
        const per = unit / part;
        const rest = parts % per;
        return (value < 0 ? '\u2212' : '') + `${Math.floor(parts / per)} ${name}`
            + (rest ? ` ${rest} ${partName}` : '');
    }

    const spans = [
        [999.5, 1, 'ns'], [999.5e3, 1e3, '\u00b5s'], [999.5e6, 1e6, 'ms'], [59.95e9, 1e9, 's'],
        [3599.5e9, 60e9, 'min', 1e9, 's'], [86370e9, 3600e9, 'h', 60e9, 'min'],
        [100 * 86400e9, 86400e9, 'd', 3600e9, 'h'], [Infinity, 86400e9, 'd'],
    ];
    const sizes = [
        [1023.5, 1, 'B'], [1023.5 * 2 ** 10, 2 ** 10, 'KiB'], [1023.5 * 2 ** 20, 2 ** 20, 'MiB'],
        [1023.5 * 2 ** 30, 2 ** 30, 'GiB'], [Infinity, 2 ** 40, 'TiB'],
    ];

    function change(value) {
        const percent = Math.abs(value * 100);
        if (percent < 0.05) {
            return '\u00b1 0 %';
        }
        if (value >= 9.995) {
            return '\u25b2 \u00d7' + digits(value + 1);
        }
        return (value > 0 ? '\u25b2 +' : '\u25bc \u2212')
            + `${percent.toFixed(percent >= 99.95 ? 0 : 1)} %`;
    }

    // In the reader's zone, written so that it sorts.
    function moment(ns) {
        const date = new Date(ns / 1e6);
        const two = (number) => String(number).padStart(2, '0');
        return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} `
            + `${two(date.getHours())}:${two(date.getMinutes())}`;
    }

    function money(value) {
        const text = Math.abs(value) < 99.995 ? value.toFixed(2).replace('-', '\u2212')
            : count(value);
        return `${text} ${document.body.dataset.currency || ''}`.trim();
    }

    const writers = {
        count,
        change,
        money,
        number: (value) => (Math.abs(value) >= 999.5 ? count : digits)(value),
        span: (value) => (Math.abs(value) < 0.5 ? '0 s' : scaled(value, spans)),
        size: (value) => scaled(value, sizes),
        share: (value) => (value > 0 && value < 0.0005 ? '< 0.1 %'
            : `${Number((value * 100).toFixed(1))} %`),
        time: moment,
        day: (ns) => moment(ns).slice(0, 10),
        text: clean,
    };

    function words(type, value) {
        return value === null || value === undefined || value === '' ? '\u2013'
            : typeof value === 'string' ? clean(value) : writers[type](value);
    }

    // A table of the page's data, with its columns' values by their place.
    class Table {
        constructor(raw) {
            this.columns = raw.columns;
            // A day is a word in data; to draw it, it begins where the reader is.
            this.values = raw.columns.map((column) => (column.type !== 'day' ? raw.data[column.id]
                : raw.data[column.id].map((day) => day && Date.parse(`${day}T00:00`) * 1e6)));
            this.links = Object.values(raw.links);
            this.words = raw.row_marks;
            this.chart = raw.chart;
            this.rows = this.values.length ? this.values[0].length : 0;
        }

        // Where a row leads.
        link(row) {
            for (const links of this.links) {
                if (links[row]) {
                    return links[row];
                }
            }
            return null;
        }

        say(column, row) {
            return words(this.columns[column].type, this.values[column][row]);
        }
    }

    let loading = null;
    function forget() {
        loading = null;
    }

    function data() {
        const address = new URL(location.href);
        address.searchParams.set('format', 'chart');
        address.hash = '';
        loading ??= fetch(address, { credentials: 'same-origin' }).then((answer) => {
            if (!answer.ok) {
                throw new Error(`the server answered ${answer.status}`);
            }
            return answer.json();
        });
        return loading;
    }

    function colour(name) {
        return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    }

    function series(number) {
        return colour(`s${number % 8 + 1}`);
    }

    const redraws = [];
    function onTheme(redraw) {
        redraws.push(redraw);
    }

    function themeChanged() {
        window.scrubjay.sayTheme?.();
        redraws.forEach((redraw) => redraw());
    }
    for (const media of ['(prefers-color-scheme: dark)', 'print']) {
        matchMedia(media).addEventListener('change', themeChanged);
    }

    return {
        element, shape, clean, follow, words, Table, data, colour, series, onTheme, themeChanged,
        forget,
    };
})();
