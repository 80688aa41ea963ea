// SPDX-License-Identifier: Apache-2.0
#include "analyze/description.h"

#include <fnmatch.h>
#include <string.h>

#define ARGS SJ_DESCRIBES_ARGS
#define TOOL SJ_DESCRIBES_TOOL
#define ENV  SJ_DESCRIBES_ENV

// Names of files first; what has a slash is matched against the whole path. A compiler that changed
// is not put down to a list of source files, so each says what it decides.
static const struct {
    const char *pattern;
    unsigned decides;
} patterns[] = {
    {"CMakeLists.txt", ARGS},
    {"*.cmake", ARGS | TOOL},
    {"*.cmake.in", ARGS},
    {"CMakePresets.json", ARGS | TOOL | ENV},
    {"CMakeUserPresets.json", ARGS | TOOL | ENV},
    {"meson.build", ARGS},
    {"meson_options.txt", ARGS},
    {"meson.options", ARGS},
    {"*.wrap", ARGS},
    {"Makefile*", ARGS | ENV},
    {"GNUmakefile*", ARGS | ENV},
    {"makefile*", ARGS | ENV},
    {"*.mk", ARGS | ENV},
    {"*.mak", ARGS | ENV},
    {"Kbuild*", ARGS},
    {"Kconfig*", ARGS},
    {"*_defconfig", ARGS},
    {"configure", ARGS},
    {"configure.ac", ARGS},
    {"configure.in", ARGS},
    {"*.am", ARGS},
    {"*.m4", ARGS},
    {"*.gn", ARGS | TOOL},
    {"*.gni", ARGS | TOOL},
    {"DEPS", ARGS | TOOL},
    {"BUILD", ARGS},
    {"BUILD.*", ARGS},
    {"*.bzl", ARGS | TOOL},
    {".bazelrc", ARGS | TOOL | ENV},
    {".bazelversion", TOOL},
    {"WORKSPACE*", ARGS | TOOL},
    {"MODULE.bazel*", ARGS | TOOL},
    {"SConstruct", ARGS | ENV},
    {"SConscript", ARGS | ENV},
    {"wscript", ARGS},
    {"*.pro", ARGS},
    {"*.pri", ARGS},
    {"xmake.lua", ARGS | TOOL},
    {"premake*.lua", ARGS},
    {"build.ninja", ARGS},
    {"Cargo.toml", ARGS},
    {"Cargo.lock", ARGS},
    {"build.rs", ARGS | ENV},
    {"rust-toolchain*", TOOL},
    {"go.mod", ARGS | TOOL},
    {"go.work", ARGS | TOOL},
    {"*toolchain*", ARGS | TOOL},
    {"conanfile*", ARGS | TOOL},
    {"vcpkg*.json", ARGS | TOOL},
    {"*.nix", TOOL | ENV},
    {"flake.lock", TOOL},
    {"Dockerfile*", TOOL | ENV},
    {"Containerfile*", TOOL | ENV},
    {"*.dockerfile", TOOL | ENV},
    {"docker-compose*", TOOL | ENV},
    {"compose.y*ml", TOOL | ENV},
    {".envrc", ENV | TOOL},
    {".env", ENV},
    {"Jenkinsfile*", ARGS | TOOL | ENV},
    {".gitlab-ci*.y*ml", ARGS | TOOL | ENV},
    {".travis.yml", ARGS | TOOL | ENV},
    {".cirrus.yml", ARGS | TOOL | ENV},
    {"appveyor.yml", ARGS | TOOL | ENV},
    {"azure-pipelines*.yml", ARGS | TOOL | ENV},
    {".scrubjay.conf", ARGS | ENV},
    {"*.cargo/config", ARGS | ENV},
    {"*.cargo/config.toml", ARGS | ENV},
    {".github/workflows/*", ARGS | TOOL | ENV},
    {".github/actions/*", ARGS | TOOL | ENV},
    {".gitlab/ci/*", ARGS | TOOL | ENV},
    {".buildkite/*", ARGS | TOOL | ENV},
    {".circleci/*", ARGS | TOOL | ENV},
};

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

unsigned sj_description_of(const char *path)
{
    const char *name = name_of(path);
    unsigned decides = 0;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        const char *text = strchr(patterns[i].pattern, '/') ? path : name;
        if (fnmatch(patterns[i].pattern, text, 0) == 0) {
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
