/** Rejects where the promise takes longer. */
export function within<Value>(patienceMs: number, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${patienceMs} ms`)), patienceMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
