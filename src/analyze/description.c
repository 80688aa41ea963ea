// SPDX-License-Identifier: Apache-2.0
#include "analyze/description.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#define ARGS SJ_DESCRIBES_ARGS
#define TOOL SJ_DESCRIBES_TOOL
#define ENV  SJ_DESCRIBES_ENV

// Names of files first; what has a slash is matched against the whole path. A compiler that changed
// is not put down to a list of source files, so each says what it decides.
static const struct {
    const char *pattern;
    unsigned decides;
    const char *system; // a CI system's own files describe its builds alone; NULL: all
} patterns[] = {
    {"CMakeLists.txt", ARGS, NULL},
    {"*.cmake", ARGS | TOOL, NULL},
    {"*.cmake.in", ARGS, NULL},
    {"CMakePresets.json", ARGS | TOOL | ENV, NULL},
    {"CMakeUserPresets.json", ARGS | TOOL | ENV, NULL},
    {"meson.build", ARGS, NULL},
    {"meson_options.txt", ARGS, NULL},
    {"meson.options", ARGS, NULL},
    {"*.wrap", ARGS, NULL},
    {"Makefile*", ARGS | ENV, NULL},
    {"GNUmakefile*", ARGS | ENV, NULL},
    {"makefile*", ARGS | ENV, NULL},
    {"*.mk", ARGS | ENV, NULL},
    {"*.mak", ARGS | ENV, NULL},
    {"Kbuild*", ARGS, NULL},
    {"Kconfig*", ARGS, NULL},
    {"*_defconfig", ARGS, NULL},
    {"configure", ARGS, NULL},
    {"configure.ac", ARGS, NULL},
    {"configure.in", ARGS, NULL},
    {"*.am", ARGS, NULL},
    {"*.m4", ARGS, NULL},
    {"*.gn", ARGS | TOOL, NULL},
    {"*.gni", ARGS | TOOL, NULL},
    {"DEPS", ARGS | TOOL, NULL},
    {"BUILD", ARGS, NULL},
    {"BUILD.*", ARGS, NULL},
    {"*.bzl", ARGS | TOOL, NULL},
    {".bazelrc", ARGS | TOOL | ENV, NULL},
    {".bazelversion", TOOL, NULL},
    {"WORKSPACE*", ARGS | TOOL, NULL},
    {"MODULE.bazel*", ARGS | TOOL, NULL},
    {"SConstruct", ARGS | ENV, NULL},
    {"SConscript", ARGS | ENV, NULL},
    {"wscript", ARGS, NULL},
    {"*.pro", ARGS, NULL},
    {"*.pri", ARGS, NULL},
    {"xmake.lua", ARGS | TOOL, NULL},
    {"premake*.lua", ARGS, NULL},
    {"build.ninja", ARGS, NULL},
    {"Cargo.toml", ARGS, NULL},
    {"Cargo.lock", ARGS, NULL},
    {"build.rs", ARGS | ENV, NULL},
    {"rust-toolchain*", TOOL, NULL},
    {"go.mod", ARGS | TOOL, NULL},
    {"go.work", ARGS | TOOL, NULL},
    {"*toolchain*", ARGS | TOOL, NULL},
    {"conanfile*", ARGS | TOOL, NULL},
    {"vcpkg*.json", ARGS | TOOL, NULL},
    {"*.nix", TOOL | ENV, NULL},
    {"flake.lock", TOOL, NULL},
    {"Dockerfile*", TOOL | ENV, NULL},
    {"Containerfile*", TOOL | ENV, NULL},
    {"*.dockerfile", TOOL | ENV, NULL},
    {"docker-compose*", TOOL | ENV, NULL},
    {"compose.y*ml", TOOL | ENV, NULL},
    {".envrc", ENV | TOOL, NULL},
    {".env", ENV, NULL},
    {"Jenkinsfile*", ARGS | TOOL | ENV, "jenkins"},
    {".gitlab-ci*.y*ml", ARGS | TOOL | ENV, "gitlab"},
    {".travis.yml", ARGS | TOOL | ENV, "travis"},
    {".cirrus.yml", ARGS | TOOL | ENV, "cirrus"},
    {"appveyor.yml", ARGS | TOOL | ENV, "appveyor"},
    {"azure-pipelines*.yml", ARGS | TOOL | ENV, "azure"},
    {".scrubjay.conf", ARGS | ENV, NULL},
    {"*.cargo/config", ARGS | ENV, NULL},
    {"*.cargo/config.toml", ARGS | ENV, NULL},
    {".github/workflows/*", ARGS | TOOL | ENV, "github"},
    {".github/actions/*", ARGS | TOOL | ENV, "github"},
    {".gitlab/ci/*", ARGS | TOOL | ENV, "gitlab"},
    {".buildkite/*", ARGS | TOOL | ENV, "buildkite"},
    {".circleci/*", ARGS | TOOL | ENV, "circleci"},
};

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

unsigned sj_description_of(const char *path, const char *system)
{
    const char *name = name_of(path);
    unsigned decides = 0;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        const char *text = strchr(patterns[i].pattern, '/') ? path : name;
        const char *only = patterns[i].system;
        bool is_for = !only || !system || strcmp(only, system) == 0;
        if (is_for && fnmatch(patterns[i].pattern, text, 0) == 0) {
            decides |= patterns[i].decides;
        }
    }
    return decides;
}

// What code is generated from: by the extension of the source.
static const char *const makers[] = {
    ".in",  ".cmake",  ".tmpl", ".template", ".j2",    ".jinja", ".mako", ".proto",
    ".fbs", ".thrift", ".y",    ".yy",       ".ypp",   ".l",     ".ll",   ".lpp",
    ".re",  ".rl",     ".idl",  ".capnp",    ".gperf", ".td",    ".def",  ".awk",
    ".xml", ".ui",     ".qrc",  ".asn",      ".asn1",
};

int sj_description_makes(const char *source, const char *generated)
{
    const char *name = name_of(source);
    const char *made = name_of(generated);
    const char *end = strrchr(name, '.');
    int is_maker = 0;
    for (size_t i = 0; end && i < sizeof makers / sizeof makers[0]; i++) {
        is_maker |= strcmp(end, makers[i]) == 0;
    }
    if (!is_maker || end == name) {
        return 0;
    }
    // The stem, up to the first dot: "config" of "config.h.in", "rpc" of "rpc.pb.cc".
    size_t stem = strcspn(name, ".");
    return stem == strcspn(made, ".") && strncmp(name, made, stem) == 0;
}
