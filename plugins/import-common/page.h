// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the web address of a page on a forge tells.
 */
#pragma once

/**
 * The repository that a page belongs to: "https://host/owner/name/-/jobs/8" gives
 * "host/owner/name".
 *
 * @param url  address; NULL will do
 * @param mark where what belongs to the repository ends, such as "/-/"
 * @return text, which the caller frees; NULL: not known, or no memory
 */
char *import_page_project(const char *url, const char *mark);
