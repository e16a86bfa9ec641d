import type { QueryClient } from "@tanstack/react-query"
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router"
import { ApiProblem, api } from "./api.ts"
import { meQuery } from "./can.ts"
import { NotFound, RouteError } from "./shell/route-states.tsx"

type Context = { client: QueryClient }

const root = createRootRouteWithContext<Context>()({ component: Outlet })

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { to?: string } =>
    typeof search.to === "string" ? { to: search.to } : {},
  component: lazyRouteComponent(() => import("./account/login-page.tsx"), "LoginPage"),
})
const forgotten = createRoute({
  getParentRoute: () => root,
  path: "/forgot-password",
  component: lazyRouteComponent(() => import("./account/forgot-password-page.tsx"), "ForgotPasswordPage"),
})
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("./account/setup-page.tsx"), "SetupPage"),
})
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: lazyRouteComponent(() => import("./account/invitation-page.tsx"), "InvitationPage"),
})
const password = createRoute({
  getParentRoute: () => root,
  path: "/password",
  component: lazyRouteComponent(() => import("./account/new-password-page.tsx"), "NewPasswordPage"),
})

/** Everything behind the sign-in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    try {
      return { me: await context.client.ensureQueryData(meQuery) }
    } catch (error) {
      if (!(error instanceof ApiProblem && error.status === 401)) throw error
      const { open } = await api.get<{ open: boolean }>("/setup")
      throw open
        ? redirect({ to: "/setup" })
        : redirect({ to: "/login", search: location.pathname === "/" ? {} : { to: location.href } })
    }
  },
  component: lazyRouteComponent(() => import("./shell/app-shell.tsx"), "AppShell"),
})

const start = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  beforeLoad: ({ context }) => {
    throw redirect({ to: context.me.actions.includes("agent.self") ? "/work" : "/settings/channels/entry-points" })
  },
})

type WorkSearch = { list?: "queue" | "closed" }
const workSearch = (search: Record<string, unknown>): WorkSearch =>
  search.list === "queue" || search.list === "closed" ? { list: search.list } : {}
const workspacePage = lazyRouteComponent(() => import("./workspace/workspace-page.tsx"), "WorkspacePage")
const work = createRoute({
  getParentRoute: () => signedIn,
  path: "/work",
  validateSearch: workSearch,
  component: workspacePage,
})
const conversation = createRoute({
  getParentRoute: () => signedIn,
  path: "/work/c/$conversationId",
  validateSearch: workSearch,
  component: workspacePage,
})
const customers = createRoute({
  getParentRoute: () => signedIn,
  path: "/customers",
  validateSearch: (search: Record<string, unknown>): { q?: string } =>
    search.q === undefined || search.q === "" ? {} : { q: String(search.q) },
  component: lazyRouteComponent(() => import("./customers/customers-page.tsx"), "CustomersPage"),
})
const customer = createRoute({
  getParentRoute: () => signedIn,
  path: "/customers/$customerId",
  component: lazyRouteComponent(() => import("./customers/customer-page.tsx"), "CustomerPage"),
})
const phone = createRoute({
  getParentRoute: () => signedIn,
  path: "/test/phone",
  validateSearch: (search: Record<string, unknown>): { address?: string } =>
    typeof search.address === "string" ? { address: search.address } : {},
  component: lazyRouteComponent(() => import("./phone/phone-page.tsx"), "PhonePage"),
})
const profile = createRoute({
  getParentRoute: () => signedIn,
  path: "/profile",
  component: lazyRouteComponent(() => import("./settings/profile/profile-page.tsx"), "ProfilePage"),
})

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings",
  component: lazyRouteComponent(() => import("./settings/settings-layout.tsx"), "SettingsLayout"),
})
const settingsStart = createRoute({
  getParentRoute: () => settings,
  path: "/",
  component: lazyRouteComponent(() => import("./settings/settings-layout.tsx"), "SettingsStart"),
})

/** `?add=true` opens the form for a new one, so that other pages can link to it. */
const addSearch = (search: Record<string, unknown>): { add?: boolean } =>
  search.add === true || search.add === "true" ? { add: true } : {}

export type EntryPointsView = "list" | "table"
const entryPoints = createRoute({
  getParentRoute: () => settings,
  path: "/channels/entry-points",
  validateSearch: (search: Record<string, unknown>): { view?: EntryPointsView } =>
    search.view === "table" ? { view: "table" } : {},
  component: lazyRouteComponent(() => import("./settings/entry-points/entry-points-page.tsx"), "EntryPointsPage"),
})
const email = createRoute({
  getParentRoute: () => settings,
  path: "/channels/email",
  validateSearch: addSearch,
  component: lazyRouteComponent(() => import("./settings/email/email-page.tsx"), "EmailPage"),
})
const sms = createRoute({
  getParentRoute: () => settings,
  path: "/channels/sms",
  validateSearch: addSearch,
  component: lazyRouteComponent(() => import("./settings/sms/sms-page.tsx"), "SmsPage"),
})
const chatApps = createRoute({
  getParentRoute: () => settings,
  path: "/channels/chat-apps",
  validateSearch: addSearch,
  component: lazyRouteComponent(() => import("./settings/chat-apps/chat-apps-page.tsx"), "ChatAppsPage"),
})
const chatApp = createRoute({
  getParentRoute: () => settings,
  path: "/channels/chat-apps/$chatAppId",
  component: lazyRouteComponent(() => import("./settings/chat-apps/chat-app-page.tsx"), "ChatAppPage"),
})
const carrier = createRoute({
  getParentRoute: () => settings,
  path: "/channels/carrier-account",
  component: lazyRouteComponent(
    () => import("./settings/carrier-account/carrier-account-page.tsx"),
    "CarrierAccountPage",
  ),
})
const parked = createRoute({
  getParentRoute: () => settings,
  path: "/channels/parked",
  component: lazyRouteComponent(() => import("./settings/parked/parked-page.tsx"), "ParkedPage"),
})
const inboxes = createRoute({
  getParentRoute: () => settings,
  path: "/orchestration/inboxes",
  validateSearch: addSearch,
  component: lazyRouteComponent(() => import("./settings/inboxes/inboxes-page.tsx"), "InboxesPage"),
})
const inbox = createRoute({
  getParentRoute: () => settings,
  path: "/orchestration/inboxes/$inboxId",
  component: lazyRouteComponent(() => import("./settings/inboxes/inbox-page.tsx"), "InboxPage"),
})
const workflow = createRoute({
  getParentRoute: () => settings,
  path: "/orchestration/workflow",
  component: lazyRouteComponent(() => import("./settings/workflow/workflow-page.tsx"), "WorkflowPage"),
})
const users = createRoute({
  getParentRoute: () => settings,
  path: "/people/users",
  validateSearch: addSearch,
  component: lazyRouteComponent(() => import("./settings/users/users-page.tsx"), "UsersPage"),
})
const roles = createRoute({
  getParentRoute: () => settings,
  path: "/people/roles",
  component: lazyRouteComponent(() => import("./settings/roles/roles-page.tsx"), "RolesPage"),
})

const tree = root.addChildren([
  login,
  forgotten,
  setup,
  invitation,
  password,
  signedIn.addChildren([
    start,
    work,
    conversation,
    customers,
    customer,
    phone,
    profile,
    settings.addChildren([
      settingsStart,
      entryPoints,
      email,
      sms,
      chatApps,
      chatApp,
      carrier,
      parked,
      inboxes,
      inbox,
      workflow,
      users,
      roles,
    ]),
  ]),
])

/** The table of all screens; each comes as a chunk of its own. */
export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: "intent",
    scrollRestoration: false,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFound,
  })
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
