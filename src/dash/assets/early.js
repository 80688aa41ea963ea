// SPDX-License-Identifier: Apache-2.0
// Runs before the page is shown: so that it is not first bright, then dark.
(() => {
    'use strict';
    const root = document.documentElement;
    root.classList.add('js');
    try {
        const theme = localStorage.getItem('scrubjay-theme');
        if (theme === 'dark' || theme === 'light') {
            root.dataset.theme = theme;
        }
    } catch {
        // A browser that keeps nothing follows the system.
    }
})();
