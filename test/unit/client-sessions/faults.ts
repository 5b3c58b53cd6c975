import type { VirtualWorker } from "../virtual-worker/virtual-worker.ts";
import type { ClientNetwork } from "./client-network.ts";
import { user } from "./pasts.ts";
import type { Step } from "./steps.ts";

type NetworkFault = Extract<Step, { kind: "network" }>["what"];
type ServerFault = Exclude<Extract<Step, { kind: "server" }>["what"], "archive down" | "archive up">;

/** Fewer than what makes the messages of a conversation begin anew (CL16). */
const failuresInARow = 3;

export function breakNetwork(network: ClientNetwork, what: NetworkFault): void {
  const ways: Record<NetworkFault, () => void> = {
    cut: () => network.cut(),
    silence: () => network.silence(),
    down: () => network.become("refusing"),
    hang: () => network.become("silent"),
    "die next": () => void (network.dyingSockets += 1),
    "hang next": () => void (network.hangingRequests += 1),
    "fail next": () => void (network.failingRequests += failuresInARow),
    stick: () => network.stick(),
  };
  ways[what]();
  network.changed();
}

export function breakServer(worker: VirtualWorker, peer: string, what: ServerFault): void {
  const ways: Record<ServerFault, () => void> = {
    "conversation dies": () => worker.conversation(user, peer).kill(),
    "inbox dies": () => worker.inbox(user).kill(),
    "all die": () => worker.killAll(),
    sleep: () => worker.hibernateAll(),
  };
  ways[what]();
}
