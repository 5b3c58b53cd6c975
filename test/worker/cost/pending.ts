/** What is under way. */
export class Pending {
  count = 0;
  begun = 0;

  /** Runs a call. What answers at once stays so: the handler of a socket's frame must not become a promise. */
  track<T>(call: () => T): T {
    this.begun += 1;
    const answer = call();
    if (!(answer instanceof Promise)) {
      return answer;
    }
    this.count += 1;
    return answer.finally(() => {
      this.count -= 1;
    }) as T;
  }
}
