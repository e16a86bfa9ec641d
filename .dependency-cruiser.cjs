// Who may import whom: main -> api, channels, carriers -> services -> store -> core; web, widget -> core.
// main.ts, app.ts and routes.ts wire them. The other files directly in src/ are the doors: everybody above core may use them.
const tests = "\\.(test|spec)\\.tsx?$|(conformance|test-rig)\\.ts$"
/** The folders of src/ that are not services. */
const notServices = "core|store|api|channels|carriers"

module.exports = {
  forbidden: [
    {
      name: "core-is-pure",
      comment: "core imports itself and libraries without I/O",
      severity: "error",
      from: { path: "^src/core/", pathNot: tests },
      to: { pathNot: "^src/core/|^node_modules/(zod|libphonenumber-js|dayjs)/" },
    },
    {
      name: "store-knows-no-service",
      comment: "a type may come from the folder that owns the concept",
      severity: "error",
      from: { path: "^src/store/", pathNot: tests },
      to: { path: "^src/[^/]+/", pathNot: "^src/(core|store)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "services-do-not-import-each-other",
      comment:
        "they get functions handed in by main.ts, and meet through events in the store; the types of what is handed in may be named",
      severity: "error",
      from: { path: `^src/(?!(?:${notServices})/)([^/]+)/`, pathNot: tests },
      to: { path: "^src/[^/]+/", pathNot: "^src/(core|store|$1)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "doors-know-no-service",
      severity: "error",
      from: { path: "^src/[^/]+\\.ts$", pathNot: `^src/(main|app|routes)\\.ts$|${tests}` },
      to: { path: "^src/[^/]+/", pathNot: "^src/(core|store)/" },
    },
    {
      name: "channels-stand-alone",
      comment: "a channel imports no other channel and no company's folder",
      severity: "error",
      from: { path: "^src/channels/([^/]+)/", pathNot: tests },
      to: { path: "^src/(channels|carriers)/[^/]+/", pathNot: "^src/channels/$1/" },
    },
    {
      name: "carriers-know-no-channel",
      severity: "error",
      from: { path: "^src/carriers/", pathNot: tests },
      to: { path: "^src/channels/[^/]+/" },
    },
    {
      name: "nobody-below-imports-api",
      severity: "error",
      from: { path: "^src/", pathNot: `^src/(api/|(main|app|routes)\\.ts$)|${tests}` },
      to: { path: "^src/api/" },
    },
    {
      name: "nobody-imports-main",
      severity: "error",
      from: { pathNot: tests },
      to: { path: "^src/main\\.ts$" },
    },
    {
      name: "browser-code-imports-core-only",
      severity: "error",
      from: { path: "^(web|widget)/", pathNot: tests },
      to: { path: "^(src|web|widget|test|tools)/", pathNot: "^src/core/|^web/.*|^widget/.*" },
    },
    {
      name: "web-and-widget-are-apart",
      severity: "error",
      from: { path: "^(web|widget)/" },
      to: { path: "^(web|widget)/", pathNot: "^$1/" },
    },
    {
      name: "widget-takes-only-types-from-core",
      comment: "its size is a promise",
      severity: "error",
      from: { path: "^widget/", pathNot: tests },
      to: { path: "^src/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "program-imports-no-test-tools",
      severity: "error",
      from: { path: "^(src|web|widget)/", pathNot: tests },
      to: { path: "^(test|tools|e2e|bench|sim)/" },
    },
    {
      name: "no-circles",
      comment: "what two files need of each other, types too, is a third one",
      severity: "error",
      from: { pathNot: tests },
      to: { circular: true },
    },
    {
      name: "not-resolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^(vitest|virtual:|/)" },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
}
