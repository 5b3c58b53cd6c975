/** A promise and what settles it. A rejection that nobody waits for is told by an event, not as unhandled. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: Error): void;
}

export function deferred<Value>(): Deferred<Value> {
  const settling = {} as Pick<Deferred<Value>, "resolve" | "reject">;
  const promise = new Promise<Value>((resolve, reject) => Object.assign(settling, { resolve, reject }));
  promise.catch(() => {});
  return { ...settling, promise };
}
