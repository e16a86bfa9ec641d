import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** One classic script that any page can load: `dist/widget/switchboard.js`. */
export default defineConfig({
  root: folder("."),
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: {
    outDir: folder("../dist/widget"),
    emptyOutDir: true,
    target: "es2022",
    lib: {
      entry: folder("src/main.ts"),
      name: "SwitchboardWidget",
      formats: ["iife"],
      fileName: () => "switchboard.js",
    },
  },
})
