import type { PersonName, TopicName } from "./company.ts"

/** What happened in the last days, oldest first; each thing at so many hours before now. */
export type Moment = { hoursAgo: number } & (
  | { story: string; from: CustomerName; to: string; subject?: string; text: string; html?: string }
  | { story: string; answers: PersonName; text: string }
  | { story: string; notes: PersonName; text: string }
  | { story: string; closes: PersonName; topic: TopicName }
  | { story: string; endsWithoutReply: PersonName }
  | { story: string; transfers: PersonName; toInbox: string; note: string }
  | { begins: PersonName; serves: readonly ("mail" | "messaging")[] }
  | { ends: PersonName }
)

/** `visitor`: known from the web site alone. */
export type Customer = { name: string; email: string; phone: string; visitor?: string }

export const customers = {
  Maya: { name: "Maya Chen", email: "maya.chen@example.com", phone: "+12125550142" },
  Luis: { name: "Luis Ferrer", email: "luis.ferrer@example.com", phone: "+13055550177" },
  Grace: { name: "Grace Okafor", email: "grace@okafor.example", phone: "+13125550119" },
  Tom: { name: "Tom Lindqvist", email: "tom.lindqvist@example.com", phone: "+12065550164" },
  Ines: { name: "Inês Almeida", email: "ines.almeida@example.com", phone: "+16175550133" },
  Dale: { name: "Dale Whitaker", email: "dale@whitaker.example", phone: "+15125550108" },
  Yuki: { name: "Yuki Mori", email: "yuki.mori@example.com", phone: "+14165550121" },
  Omar: { name: "Omar Haddad", email: "omar@haddad.example", phone: "+16045550190" },
  Sofia: { name: "Sofia Marino", email: "sofia@marino.example", phone: "+17025550155" },
  Kofi: { name: "Kofi Mensah", email: "kofi@mensah.example", phone: "+16465550187", visitor: "demo-visitor-kofi" },
  Nora: { name: "Nora Lindholm", email: "nora@lindholm.example", phone: "+19175550129" },
  Hanna: { name: "Hanna Vogel", email: "hanna@vogel.example", phone: "+13235550146", visitor: "demo-visitor-hanna" },
} as const
export type CustomerName = keyof typeof customers

const day = 24

export const moments: readonly Moment[] = [
  // Five days ago: a return, from the question to the refund.
  { hoursAgo: 5 * day + 7, begins: "Ben", serves: ["mail", "messaging"] },
  {
    hoursAgo: 5 * day + 6.5,
    story: "jacket",
    from: "Maya",
    to: "returns@retale.com",
    subject: "Jacket is too small",
    text: "Hello,\n\nthe green rain jacket (order 100482) is too small for me. Can I have it one size larger?\n\nMaya Chen",
  },
  {
    hoursAgo: 5 * day + 6.2,
    story: "jacket",
    answers: "Ben",
    text: "Hello Maya,\n\nof course. I have put a larger one aside for you; the label for sending yours back is on its way in a mail of its own.\n\nBest regards\nBen",
  },
  {
    hoursAgo: 5 * day + 4,
    story: "jacket",
    from: "Maya",
    to: "returns@retale.com",
    subject: "Re: Jacket is too small",
    text: "Wonderful, thank you! I will drop it at the post office tomorrow.",
  },
  {
    hoursAgo: 5 * day + 3.8,
    story: "jacket",
    notes: "Ben",
    text: "Size L is set aside at the warehouse until Friday.",
  },
  { hoursAgo: 5 * day + 3.7, story: "jacket", closes: "Ben", topic: "Return" },
  {
    hoursAgo: 5 * day + 3,
    story: "parcel",
    from: "Luis",
    to: "+14155559812",
    text: "Hi, where is my parcel? It should have been here on Monday. Order 100455",
  },
  {
    hoursAgo: 5 * day + 2.95,
    story: "parcel",
    answers: "Ben",
    text: "Hi Luis, I looked it up: it is with the courier in Miami and comes tomorrow before noon. Sorry for the wait!",
  },
  { hoursAgo: 5 * day + 2.8, story: "parcel", from: "Luis", to: "+14155559812", text: "ok great, thanks" },
  { hoursAgo: 5 * day + 2.7, story: "parcel", closes: "Ben", topic: "Delivery" },
  { hoursAgo: 5 * day + 1, ends: "Ben" },

  // Three days ago: an invoice that was asked for at the wrong address.
  { hoursAgo: 3 * day + 8, begins: "Ana", serves: ["mail", "messaging"] },
  {
    hoursAgo: 3 * day + 7.5,
    story: "invoice",
    from: "Grace",
    to: "support@retale.com",
    subject: "Invoice 7 was charged twice",
    text: "Dear team,\n\nmy card statement shows invoice 7 twice: 42.00 on the 2nd and 42.00 on the 3rd. Why twice?\n\nGrace Okafor",
  },
  {
    hoursAgo: 3 * day + 7.2,
    story: "invoice",
    transfers: "Mei",
    toInbox: "Billing",
    note: "Two charges of 42.00, this is one for Billing.",
  },
  { hoursAgo: 3 * day + 7, begins: "Ben", serves: ["mail"] },
  {
    hoursAgo: 3 * day + 6.6,
    story: "invoice",
    answers: "Ben",
    text: "Dear Grace,\n\nyou are right, and I am sorry: the second charge was our mistake. 42.00 is on its way back to your card and should be there within three working days.\n\nBen",
  },
  {
    hoursAgo: 3 * day + 5.5,
    story: "invoice",
    from: "Grace",
    to: "support@retale.com",
    subject: "Re: Invoice 7 was charged twice",
    text: "Thank you for the quick answer!",
  },
  { hoursAgo: 3 * day + 5.4, story: "invoice", closes: "Ben", topic: "Invoice" },
  {
    hoursAgo: 3 * day + 5,
    story: "vip",
    from: "Tom",
    to: "+14155551243",
    text: "Is the walnut desk still to be had in 160 cm? I would take two.",
  },
  {
    hoursAgo: 3 * day + 4.97,
    story: "vip",
    answers: "Ana",
    text: "Hello Tom! Yes, four of them are in stock. Shall I reserve two for you?",
  },
  {
    hoursAgo: 3 * day + 4.9,
    story: "vip",
    from: "Tom",
    to: "+14155551243",
    text: "Please do. Delivery to the office, as always.",
  },
  {
    hoursAgo: 3 * day + 4.85,
    story: "vip",
    answers: "Ana",
    text: "Done: reserved until Friday, delivery to 1201 Pine St. You will get the order by mail.",
  },
  { hoursAgo: 3 * day + 4.5, story: "vip", closes: "Ana", topic: "Product question" },
  { hoursAgo: 3 * day + 1, ends: "Ana" },
  { hoursAgo: 3 * day + 1, ends: "Ben" },

  // Yesterday.
  { hoursAgo: day + 8, begins: "Priya", serves: ["mail", "messaging"] },
  {
    hoursAgo: day + 7.6,
    story: "wholesale",
    from: "Ines",
    to: "email2@retale.com",
    subject: "Prices for 40 lamps",
    text: "Good morning,\n\nwe are fitting out a small hotel and need 40 of the Alba lamps. What is your price for that many, and how long would it take?\n\nInês Almeida",
  },
  {
    hoursAgo: day + 7,
    story: "wholesale",
    answers: "Priya",
    text: "Good morning Inês,\n\nfor 40 pieces the price is 61.00 each, delivery within two weeks. The offer is good until the end of the month.\n\nPriya",
  },
  {
    hoursAgo: day + 6,
    story: "wholesale",
    from: "Ines",
    to: "email2@retale.com",
    subject: "Re: Prices for 40 lamps",
    text: "That sounds good. I will talk with my partner and come back to you.",
  },
  {
    hoursAgo: day + 6.5,
    story: "basket",
    from: "Kofi",
    to: "retale.com-shopping-cart",
    text: "Hi! The basket says the armchair ships in 6 weeks. Is there a faster one?",
  },
  {
    hoursAgo: day + 6.49,
    story: "basket",
    answers: "Priya",
    text: "Hello! In grey it is in stock and ships tomorrow. Shall I put that one into your basket?",
  },
  {
    hoursAgo: day + 6.47,
    story: "basket",
    from: "Kofi",
    to: "retale.com-shopping-cart",
    text: "Grey is fine, yes please.",
  },
  {
    hoursAgo: day + 6.45,
    story: "basket",
    answers: "Priya",
    text: "Done. The basket shows it now. Anything else that I can do for you?",
  },
  { hoursAgo: day + 6.4, story: "basket", closes: "Priya", topic: "Product question" },
  {
    hoursAgo: day + 5.8,
    story: "wholesale",
    notes: "Priya",
    text: "Hotel in Boston, opens in spring. Promised to keep the price until the end of the month.",
  },
  { hoursAgo: day + 5.7, story: "wholesale", endsWithoutReply: "Priya" },
  { hoursAgo: day + 5.5, begins: "Ana", serves: ["mail"] },
  {
    hoursAgo: day + 5,
    story: "praise",
    from: "Dale",
    to: "support@retale.com",
    subject: "Thank you",
    text: "Just wanted to say that your driver was lovely with our old dog. Five stars.\n\nDale",
  },
  {
    hoursAgo: day + 4.8,
    story: "praise",
    answers: "Ana",
    text: "Dear Dale,\n\nhow kind of you! I have passed it on to Sam, who drives your tour.\n\nAna",
  },
  { hoursAgo: day + 4.7, story: "praise", closes: "Ana", topic: "Praise" },
  { hoursAgo: day + 1, ends: "Ana" },
  { hoursAgo: day + 1, ends: "Priya" },

  // Today: some of it is with somebody, some waits, some is overdue.
  { hoursAgo: 6, begins: "Ana", serves: ["mail", "messaging"] },
  { hoursAgo: 5, story: "size", from: "Yuki", to: "+14155559812", text: "Hello, do the hiking boots come in 36 too?" },
  {
    hoursAgo: 4.97,
    story: "size",
    answers: "Ana",
    text: "Hello Yuki, they do, in brown and in grey. Which one would you like?",
  },
  { hoursAgo: 4.6, story: "size", from: "Yuki", to: "+14155559812", text: "Grey please! Can I order by text?" },
  {
    hoursAgo: 4.4,
    story: "assembly",
    from: "Nora",
    to: "support@retale.com",
    subject: "Assembly of the bookcase",
    text: "Hello,\n\ndoes your driver also put the bookcase together? I am not as quick on my knees as I used to be.\n\nNora",
  },
  {
    hoursAgo: 4.2,
    story: "assembly",
    answers: "Ana",
    text: "Dear Nora,\n\nhe does, for 35.00, and he brings the tools. Would Thursday or Friday suit you better?\n\nAna",
  },
  { hoursAgo: 4, begins: "Ben", serves: ["messaging"] },
  {
    hoursAgo: 3.9,
    story: "sms-c",
    from: "Omar",
    to: "+14155559900",
    text: "My voucher RT-2040 does not work, it says expired. I got it last week.",
  },
  {
    hoursAgo: 3.88,
    story: "sms-c",
    answers: "Ben",
    text: "Hello Omar, sorry about that. I am looking into it and will come back to you within the hour.",
  },
  {
    hoursAgo: 2.6,
    story: "armchair",
    from: "Kofi",
    to: "retale.com-shopping-cart",
    text: "Hello again. The grey armchair came today, it is wonderful. Do you have a footstool that goes with it?",
  },
  {
    hoursAgo: 2.58,
    story: "armchair",
    answers: "Ana",
    text: "Hello Kofi, how nice to hear! There is one in the same fabric. Shall I send you a picture?",
  },
  {
    hoursAgo: 2.57,
    story: "armchair",
    from: "Kofi",
    to: "retale.com-shopping-cart",
    text: "Yes please, and the price.",
  },
  {
    hoursAgo: 2.56,
    story: "armchair",
    answers: "Ana",
    text: "It is 89.00. I have put the picture into your basket; take your time.",
  },
  { hoursAgo: 2, ends: "Ana" },
  { hoursAgo: 2, ends: "Ben" },
  {
    hoursAgo: 1.9,
    story: "overdue",
    from: "Luis",
    to: "billing@retale.com",
    subject: "Copy of my invoice",
    text: "Hello,\n\ncould you send me the invoice of order 100455 again? I need it for my tax adviser.\n\nLuis Ferrer",
  },
  {
    hoursAgo: 1.2,
    story: "damaged",
    from: "Grace",
    to: "returns@retale.com",
    subject: "The vase arrived broken",
    text: "Hello,\n\nunfortunately the blue vase came in three pieces. What shall I do with it?\n\nGrace Okafor",
    html: "<p>Hello,</p><p>unfortunately the <b>blue vase</b> came in three pieces. What shall I do with it?</p><p>Grace Okafor</p>",
  },
  {
    hoursAgo: 0.7,
    story: "hours",
    from: "Sofia",
    to: "email1@retale.com",
    subject: "Opening hours",
    text: "Are you open on Saturday? I would come by with the truck.",
  },
  {
    hoursAgo: 0.4,
    story: "second-jacket",
    from: "Maya",
    to: "+14155559812",
    text: "Hi, it is Maya with the rain jacket. Has the larger one left yet?",
  },
  {
    hoursAgo: 0.05,
    story: "desk",
    from: "Tom",
    to: "+14155551243",
    text: "Quick one: could the desks come a day later? Thursday is better for us.",
  },
  {
    hoursAgo: 0.02,
    story: "help",
    from: "Hanna",
    to: "retale.com-help",
    text: "Hello, I cannot sign in since this morning. It says that my account is locked.",
  },
]
