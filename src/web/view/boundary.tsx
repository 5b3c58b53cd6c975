import { Component, type ComponentChildren } from "preact";

interface BoundaryProperties {
  /** Drawn instead of the children once they threw. `retry` draws the children again. */
  readonly fallback: (retry: () => void) => ComponentChildren;
  /** The children are tried again when this is another value. */
  readonly of?: unknown;
  readonly children: ComponentChildren;
}

interface BoundaryState {
  readonly hasFailed: boolean;
  readonly of: unknown;
}

/** Keeps an exception of what is drawn inside from taking the rest of the page with it. */
export class Boundary extends Component<BoundaryProperties, BoundaryState> {
  override state: BoundaryState = { hasFailed: false, of: this.props.of };

  static override getDerivedStateFromError(): Partial<BoundaryState> {
    return { hasFailed: true };
  }

  static override getDerivedStateFromProps(
    { of }: BoundaryProperties,
    state: BoundaryState,
  ): BoundaryState | null {
    return Object.is(of, state.of) ? null : { hasFailed: false, of };
  }

  override componentDidCatch(error: unknown): void {
    // For the developer's console and whatever watches the page's errors.
    reportError(error);
  }

  override render(): ComponentChildren {
    const { fallback, children } = this.props;
    return this.state.hasFailed ? fallback(() => this.setState({ hasFailed: false })) : children;
  }
}
