import { fileURLToPath } from "node:url"
import { lingui, linguiTransformerBabelPreset } from "@lingui/vite-plugin"
import babel from "@rolldown/plugin-babel"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// The macro, unlike the plugin, looks for its settings only here or in the working directory.
process.env.LINGUI_CONFIG = folder("lingui.config.ts")

const server = process.env.SWITCHBOARD_URL ?? "http://localhost:8080"

/** Source texts stay in the code (`descriptorFields`), so a text that was not yet extracted is still shown. */
export default defineConfig({
  root: folder("."),
  base: "/",
  plugins: [react(), lingui(), babel({ presets: [linguiTransformerBabelPreset({ descriptorFields: "message" })] })],
  build: { outDir: folder("../dist/web"), emptyOutDir: true, target: "es2023", chunkSizeWarningLimit: 700 },
  server: { proxy: { "/api": { target: server, ws: true }, "/widget": { target: server, ws: true } } },
})
