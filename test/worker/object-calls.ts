import type { ConversationRpc } from "../../src/rpc/conversation.ts";
import type { InboxRpc } from "../../src/rpc/inbox.ts";
import type { SessionRpc } from "../../src/rpc/session.ts";
import { runInDurableObject } from "cloudflare:test";
import { onTestFinished } from "vitest";

type RpcMethod = Exclude<keyof ConversationRpc | keyof InboxRpc | keyof SessionRpc, symbol>;
type Call = (...parameters: unknown[]) => unknown;

/** Lets `instead` answer every call of this method of an object, also of one that starts later. Returns the way back. */
export async function interceptCalls(
  stub: DurableObjectStub,
  method: RpcMethod,
  instead: (call: () => unknown) => unknown,
): Promise<() => void> {
  // Only methods of the prototype are called from outside, so it is shared by all objects of the class.
  const { prototype, name } = await runInDurableObject(stub, (object, { id }) => ({
    prototype: Object.getPrototypeOf(object) as Record<string, Call>,
    name: id.name,
  }));
  const original = prototype[method];
  if (original === undefined) {
    throw new Error(`the object has no ${method}`);
  }
  prototype[method] = function intercepted(this: { readonly ctx: DurableObjectState }, ...parameters) {
    const call = () => original.apply(this, parameters);
    return this.ctx.id.name === name ? instead(call) : call();
  };
  const restore = () => {
    prototype[method] = original;
  };
  onTestFinished(restore);
  return restore;
}
