// SPDX-License-Identifier: Apache-2.0
// The place of a chart that answers to pointer and keys, and the line below it that says what is
// there.
window.scrubjay.stage = (() => {
    'use strict';
    const { element, colour } = window.scrubjay;

    // A figure becomes a group: what is inside a picture cannot have the focus.
    function stage(figure, hint) {
        const table = document.getElementById(figure.dataset.table);
        const label = table?.caption?.textContent || '';
        const readout = element('output', { class: 'readout' });
        const box = element('div', {
            class: 'stage', tabindex: '0', role: 'application', 'aria-label': `${label}: ${hint}`,
        });
        figure.setAttribute('role', 'group');
        figure.querySelector('.plot')?.remove();
        figure.prepend(box);
        figure.append(readout);
        let said = null;
        const say = (text) => {
            if (text === said) {
                return; // it would be read out again
            }
            said = text;
            readout.replaceChildren(text || element('span', { class: 'hint' }, hint));
        };
        say('');
        return { box, readout, say };
    }

    // Run it now and whenever the width has changed.
    function onWidth(box, run) {
        let width = 0;
        new ResizeObserver(() => {
            if (box.clientWidth !== width && box.clientWidth > 0) {
                width = box.clientWidth;
                run(width);
            }
        }).observe(box);
    }

    // Distances on the screen are whole pixels of the device.
    function canvas(box, width, height) {
        const ratio = window.devicePixelRatio || 1;
        const node = box.querySelector('canvas') || element('canvas', { 'aria-hidden': 'true' });
        node.width = Math.round(width * ratio);
        node.height = Math.round(height * ratio);
        node.style.width = `${width}px`;
        node.style.height = `${height}px`;
        if (!node.parentNode) {
            box.append(node);
        }
        const pen = node.getContext('2d');
        pen.setTransform(ratio, 0, 0, ratio, 0, 0);
        pen.clearRect(0, 0, width, height);
        return pen;
    }

    function channels(text) {
        return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
    }

    // A colour between two that are written as #rrggbb.
    function mix(from, to, part) {
        const a = channels(from);
        const b = channels(to);
        const each = a.map((value, i) => Math.round(value + (b[i] - value) * part));
        return `#${each.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
    }

    function lightness(text) {
        const [red, green, blue] = channels(text).map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    }

    // Black or white, whichever can be read better.
    function inkOn(ground) {
        const light = lightness(ground);
        return 1.05 / (light + 0.05) > (light + 0.05) / 0.055 ? '#ffffff' : '#101418';
    }

    const font = '11px system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';

    return { stage, onWidth, canvas, mix, inkOn, font, colour };
})();
