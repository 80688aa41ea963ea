// SPDX-License-Identifier: Apache-2.0
// Draws the charts of a page, from the same address as JSON. What fails leaves the tables.
(() => {
    'use strict';
    const { data, forget, Table, lines, bars, treemap, element } = window.scrubjay;
    const drawers = { lines, stack: lines, bars: lines, treemap, waterfall: bars, icicle: bars };
    const charts = new WeakMap();

    function draw(figure, page) {
        const table = new Table(page.tables[figure.dataset.table]);
        const chart = charts.get(figure);
        if (chart) {
            chart.update(table);
        } else {
            charts.set(figure, drawers[figure.dataset.chart](figure, table));
        }
        figure.dataset.drawn = '';
    }

    function give(figure, why) {
        const rows = figure.closest('section')?.querySelector('details.rows');
        if (rows) {
            rows.open = true;
        }
        figure.append(element('p', { class: 'summary' }, `The chart cannot be drawn: ${why}`));
    }

    window.scrubjay.drawAll = async () => {
        const figures = [...document.querySelectorAll('figure[data-chart]')];
        if (figures.length === 0) {
            return;
        }
        let page;
        try {
            page = await data();
        } catch (error) {
            figures.forEach((figure) => give(figure, error.message));
            return;
        }
        for (const figure of figures) {
            try {
                draw(figure, page);
            } catch (error) {
                console.error(error);
                give(figure, error.message);
            }
        }
    };
    window.scrubjay.drawAgain = () => {
        forget();
        return window.scrubjay.drawAll();
    };
    window.scrubjay.drawAll();
})();
