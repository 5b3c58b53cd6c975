import * as fc from "fast-check";
import { pasts, peers } from "./pasts.ts";

/** Tabs of the user's browser. They share a storage. */
export const tabs = 2;

/** The first ones most often, so that what happens meets. */
const tab = fc.constantFrom(0, 0, 1);
const peer = fc.constantFrom(...peers.keys(), 0);
const pick = fc.constantFrom(0, 0, 0, 1, 2);
const on = fc.boolean();

const networkFaults = [
  "cut",
  "silence",
  "down",
  "hang",
  "die next",
  "hang next",
  "fail next",
  "stick",
] as const;

const composed = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant("send" as const), peer, isReply: on }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("edit" as const), peer, pick }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("delete" as const), peer, pick }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("react" as const), peer, pick, on }) },
);
export type Composition = typeof composed extends fc.Arbitrary<infer T> ? T : never;

const userSteps = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("compose" as const), tab, what: composed }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("begin edit" as const), tab, peer, pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("finish edit" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("look" as const), tab, peer, on }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("mark read" as const), tab, peer }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      tab,
      peer,
      what: fc.constantFrom("older", "more", "archived", "mute", "unmute"),
    }),
  },
);

const otherPeople = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("peer sends" as const),
      peer,
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("peer changes" as const),
      peer,
      pick,
      what: fc.constantFrom("edit", "delete", "react", "read"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("phone sends" as const), peer }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("phone changes" as const),
      peer,
      pick,
      what: fc.constantFrom("edit", "edit", "delete", "react", "read"),
    }),
  },
);

const faults = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("network" as const),
      tab,
      what: fc.constantFrom(...networkFaults),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("network back" as const), tab }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("server" as const),
      peer,
      what: fc.constantFrom(
        "conversation dies",
        "inbox dies",
        "all die",
        "sleep",
        "archive down",
        "archive up",
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("page" as const),
      tab,
      what: fc.constantFrom("open", "reload", "leave"),
    }),
  },
);

const waits = fc.record({
  kind: fc.constant("wait" as const),
  ms: fc.constantFrom(0, 20, 300, 1_500, 1_500, 4_000, 12_000, 45_000),
});

const step = fc.oneof(
  { weight: 10, arbitrary: userSteps },
  { weight: 7, arbitrary: otherPeople },
  { weight: 7, arbitrary: faults },
  { weight: 8, arbitrary: waits },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What chance alone would seldom bring together: a message is edited on the phone while its edit is open on a page. */
const editedMeanwhile = fc
  .record({ tab, peer, pick, ms: fc.constantFrom(0, 300, 1_500) })
  .map(({ tab: at, peer: whom, pick: nth, ms }): Step[] => [
    { kind: "look", tab: at, peer: whom, on: true },
    { kind: "wait", ms: 1_500 },
    { kind: "begin edit", tab: at, peer: whom, pick: nth },
    { kind: "phone changes", peer: whom, pick: nth, what: "edit" },
    { kind: "wait", ms },
    { kind: "finish edit" },
  ]);
const steps = fc
  .array(
    fc.oneof(
      { weight: 14, arbitrary: step.map((one): Step[] => [one]) },
      { weight: 1, arbitrary: editedMeanwhile },
    ),
    { minLength: 1, maxLength: 24, size: "max" },
  )
  .map((parts) => parts.flat());

/** What an earlier page of the user did without a network before it was closed. */
const leftovers = fc.array(composed, { maxLength: 3 });

export const session = fc.record({
  /** Of the chances that are no step: how long clients back off. */
  seed: fc.noShrink(fc.nat(1_000_000)),
  past: fc.nat(pasts.length - 1),
  leftovers: fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: leftovers }),
  hasDefaultLimits: fc.oneof(
    { weight: 5, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  steps,
});
export type Session = typeof session extends fc.Arbitrary<infer T> ? T : never;
