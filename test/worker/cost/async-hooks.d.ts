/** What workerd has of it; the types of all of Node would bring its globals along. */
declare module "node:async_hooks" {
  export class AsyncLocalStorage<Store> {
    run<Answer>(store: Store, run: () => Answer): Answer;
    getStore(): Store | undefined;
  }
}
