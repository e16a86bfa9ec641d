import { z } from "zod"
import { oneLine } from "../core/one-line.ts"
import { channelNames, channels, type Section, sections } from "../core/channels.ts"
import { ChannelRouting, OverviewRow } from "../core/entry-points/channel-routing.ts"
import { ChannelNameShape, EntryPoint, Resolution, SectionShape } from "../core/entry-points/entry-point.ts"
import { exceptionsMax } from "../core/entry-points/section.ts"
import { tellEntryPoint } from "../entry-points/begin.ts"
import { readOverview, readSections, showEntryPoint } from "../entry-points/read.ts"
import { previewSection } from "../entry-points/preview-section.ts"
import { saveSection } from "../entry-points/save-section.ts"
import { invalid, problem } from "../problem.ts"
import { live, loadPicture, resolutionOf } from "../store/ways-in.ts"
import type { Store } from "../store/write.ts"
import { ok, raw, wholeList } from "./answer.ts"
import { csvOf } from "./csv.ts"
import { expectVersion } from "./etag.ts"
import { boolParam, idParam, listParam, textParam } from "./query.ts"
import { type Route, route } from "./route.ts"

/** Channels, entry points and the sections of the Entry Points page (api.md 2.4). */

const Channel = z.object({
  channel: ChannelNameShape,
  label: z.string(),
  group: z.enum(["voice", "messaging", "mail"]),
  inUse: z.boolean(),
  supported: z.boolean(),
  entryPointCount: z.int(),
  optional: z.boolean(),
  enabled: z.boolean(),
})

const statuses = ["active", "disconnected", "deleted"] as const

/** Texts and ids are judged by core/entry-points/section.ts, which tells all errors at once with the screen's own words. */
export const SectionInput = z.object({
  defaultInboxId: z.unknown().optional(),
  defaultSlaMinutesText: z.unknown().optional(),
  exceptions: z
    .array(
      z.object({
        entryPointId: z.unknown().optional(),
        inboxId: z.unknown().optional(),
        slaMinutesText: z.unknown().optional(),
      }),
    )
    .max(exceptionsMax)
    .optional(),
  override: z.object({ reason: z.string().min(1).max(500) }).optional(),
})

export const sectionLimits = { bodyBytes: 8 * 1024 * 1024, arrayItems: exceptionsMax }

const SectionParams = z.object({ section: SectionShape })

export function entryPointRoutes({ store }: { store: Store }): Route[] {
  const { db } = store

  async function oneSection(orgId: string, section: Section) {
    const [found] = await readSections(db, orgId, section)
    if (!found) throw problem("not_found")
    return found
  }

  async function one(orgId: string, id: string) {
    const picture = await loadPicture(db, orgId)
    const row = picture.entryPoints.find((entryPoint) => entryPoint.id === id)
    if (!row) throw problem("not_found")
    return showEntryPoint(picture, row)
  }

  return [
    route({
      method: "GET",
      path: "/channels",
      action: "signed_in",
      answers: { 200: z.object({ items: z.array(Channel), nextCursor: z.null() }) },
      summary: "All channels, and which are in use",
      async handle({ principal }) {
        const picture = await loadPicture(db, principal.orgId)
        const enabled = await db
          .selectFrom("channelEnablements")
          .select("channel")
          .where("orgId", "=", principal.orgId)
          .execute()
        const items = channelNames
          .filter((name) => channels[name].entryPointKind !== null)
          .map((name) => {
            const count = live(picture).filter((row) => row.channel === name).length
            return {
              channel: name,
              label: channels[name].label,
              group: channels[name].group,
              inUse: count > 0,
              supported: count > 0,
              entryPointCount: count,
              optional: channels[name].optional,
              enabled: !channels[name].optional || enabled.some((row) => row.channel === name),
            }
          })
        return wholeList(items)
      },
    }),
    route({
      method: "GET",
      path: "/entry-points",
      action: "entryPoint.read",
      query: z.object({
        section: listParam(sections).optional(),
        channel: listParam(channelNames).optional(),
        status: listParam(statuses).optional(),
        inboxId: idParam.optional(),
        excepted: boolParam.optional(),
        q: textParam.optional(),
      }),
      answers: { 200: z.object({ items: z.array(EntryPoint), nextCursor: z.null() }) },
      async handle({ principal, query }) {
        const picture = await loadPicture(db, principal.orgId)
        const words = query.q?.toLowerCase()
        const rows = picture.entryPoints.filter(
          (row) =>
            (query.status
              ? query.status.includes(row.status as (typeof statuses)[number])
              : row.status !== "deleted") &&
            (!query.section || query.section.includes(row.section as Section)) &&
            (!query.channel || query.channel.some((name) => name === row.channel)) &&
            (query.excepted === undefined || picture.routing.exceptions.has(row.id) === query.excepted) &&
            (!query.inboxId || resolutionOf(picture, row)?.inboxId === query.inboxId) &&
            (!words || `${row.address} ${row.displayName}`.toLowerCase().includes(words)),
        )
        return wholeList(rows.map((row) => showEntryPoint(picture, row)))
      },
    }),
    route({
      method: "GET",
      path: "/entry-points/overview",
      action: "entryPoint.read",
      query: z.object({ format: z.enum(["json", "csv"]).optional() }),
      produces: ["text/csv"],
      answers: { 200: z.object({ items: z.array(OverviewRow), nextCursor: z.null() }) },
      summary: "The routing overview: which Inboxes each entry point can reach",
      async handle({ principal, query, request }) {
        const rows = await readOverview(db, principal.orgId)
        const asCsv = query.format === "csv" || /\btext\/csv\b/.test(request.headers.accept ?? "")
        if (!asCsv) return wholeList(rows)
        const table = rows.map((row) => [
          channels[row.channel].label,
          row.labels.join(", "),
          row.reachable.map((one) => (one.viaLabel ? `${one.name} (${one.viaLabel})` : one.name)).join(", "),
          String(row.slaSeconds),
          String(row.agents),
        ])
        return raw(
          "text/csv; charset=utf-8",
          csvOf([["Channel", "Entry Points", "Inbox", "SLA (seconds)", "Agents"], ...table]),
          {
            "content-disposition": 'attachment; filename="routing-overview.csv"',
          },
        )
      },
    }),
    route({
      method: "GET",
      path: "/entry-points/:id",
      action: "entryPoint.read",
      answers: { 200: EntryPoint },
      handle: async ({ principal, params }) => ok(await one(principal.orgId, params.id)),
    }),
    route({
      method: "PATCH",
      path: "/entry-points/:id",
      action: "entryPoint.edit",
      versioned: true,
      body: z.object({ displayName: oneLine(100).min(1).optional(), channel: z.string().optional() }),
      answers: { 200: EntryPoint },
      summary: "Rename an entry point; its channel never changes",
      async handle({ principal, params, body, ifMatch, write }) {
        await write(async (tx) => {
          const row = await tx.db
            .selectFrom("entryPoints")
            .selectAll()
            .where("orgId", "=", tx.orgId)
            .where("id", "=", params.id)
            .where("status", "<>", "deleted")
            .forUpdate()
            .executeTakeFirst()
          if (!row) throw problem("not_found")
          expectVersion(ifMatch, row)
          if (body.channel !== undefined && body.channel !== row.channel) {
            throw invalid({
              pointer: "#/channel",
              code: "immutable",
              detail: "An entry point keeps its channel. Add another one.",
            })
          }
          if (body.displayName === undefined || body.displayName === row.displayName) return
          await tx.db
            .updateTable("entryPoints")
            .set({ displayName: body.displayName, version: row.version + 1 })
            .where("orgId", "=", tx.orgId)
            .where("id", "=", row.id)
            .execute()
          await tellEntryPoint(tx, "entry_point.updated", row.id)
          tx.audit({
            entityType: "entry_point",
            entityId: row.id,
            entityName: body.displayName,
            action: "updated",
            before: { displayName: row.displayName },
            after: { displayName: body.displayName },
          })
        })
        return ok(await one(principal.orgId, params.id))
      },
    }),
    route({
      method: "GET",
      path: "/entry-points/:id/resolution",
      action: "entryPoint.read",
      answers: { 200: Resolution },
      async handle({ principal, params }) {
        const picture = await loadPicture(db, principal.orgId)
        const row = live(picture).find((one) => one.id === params.id)
        const resolution = row && resolutionOf(picture, row)
        if (!resolution) throw problem("not_found")
        return ok(resolution)
      },
    }),
    route({
      method: "GET",
      path: "/channel-routings",
      action: "entryPoint.read",
      answers: { 200: z.object({ items: z.array(ChannelRouting), nextCursor: z.null() }) },
      async handle({ principal }) {
        return wholeList(await readSections(db, principal.orgId))
      },
    }),
    route({
      method: "GET",
      path: "/channel-routings/:section",
      action: "entryPoint.read",
      params: SectionParams,
      answers: { 200: ChannelRouting },
      async handle({ principal, params }) {
        return ok(await oneSection(principal.orgId, params.section))
      },
    }),
    route({
      method: "PUT",
      path: "/channel-routings/:section",
      action: "entryPoint.edit",
      params: SectionParams,
      versioned: true,
      body: SectionInput,
      limits: sectionLimits,
      answers: { 200: ChannelRouting.extend({ consequences: z.null() }) },
      summary: "Save a section as a whole; all or nothing",
      async handle({ principal, params, body, ifMatch, write }) {
        await write((tx) => saveSection(tx, params.section, body, (stored) => expectVersion(ifMatch, stored)))
        return ok({ ...(await oneSection(principal.orgId, params.section)), consequences: null })
      },
    }),
    route({
      method: "POST",
      path: "/channel-routings/:section/previews",
      action: "entryPoint.edit",
      params: SectionParams,
      body: SectionInput,
      limits: sectionLimits,
      answers: {
        200: z.object({
          entryPoints: z.array(z.object({ id: z.string(), before: Resolution.nullable(), after: Resolution })),
          waiting: z.array(z.never()),
          inboxes: z.array(
            z.object({ id: z.string(), loses: z.int(), gains: z.int(), members: z.int(), available: z.int() }),
          ),
          routingTests: z.array(z.never()),
        }),
      },
      summary: "What a section would do if it were saved; nothing is stored",
      async handle({ principal, params, body }) {
        return ok(await previewSection(db, principal.orgId, params.section, body))
      },
    }),
    ...(["PUT", "DELETE"] as const).map((method) =>
      route({
        method,
        path: "/channels/twitter_dm/enablement",
        action: "entryPoint.edit",
        answers: { 200: z.object({ channel: z.literal("twitter_dm"), enabled: z.boolean() }) },
        problems: ["channel_in_use"],
        async handle({ write }) {
          const enabled = method === "PUT"
          await write(async (tx) => {
            if (enabled) {
              const added = await tx.db
                .insertInto("channelEnablements")
                .values({
                  orgId: tx.orgId,
                  channel: "twitter_dm",
                  enabledAt: tx.now,
                  enabledBy: JSON.stringify(tx.actor),
                })
                .onConflict((conflict) => conflict.doNothing())
                .returning("channel")
                .executeTakeFirst()
              if (!added) return
            } else {
              const used = await tx.db
                .selectFrom("entryPoints")
                .select("id")
                .where("orgId", "=", tx.orgId)
                .where("channel", "=", "twitter_dm")
                .where("status", "<>", "deleted")
                .limit(1)
                .executeTakeFirst()
              if (used) throw problem("channel_in_use")
              const removed = await tx.db
                .deleteFrom("channelEnablements")
                .where("orgId", "=", tx.orgId)
                .where("channel", "=", "twitter_dm")
                .returning("channel")
                .executeTakeFirst()
              if (!removed) return
            }
            tx.audit({
              entityType: "channel",
              entityId: "twitter_dm",
              entityName: "X",
              action: "updated",
              before: { enabled: !enabled },
              after: { enabled },
            })
          })
          return ok({ channel: "twitter_dm", enabled })
        },
      }),
    ),
  ]
}
