import { Component, type ComponentChild, type FunctionComponent } from "preact";

/** A component that is drawn again only where its properties differ. */
export function memo<Properties extends object>(
  Drawn: FunctionComponent<Properties>,
  isSame: (one: Properties, other: Properties) => boolean = isShallowlySame,
) {
  return class Memo extends Component<Properties> {
    override shouldComponentUpdate(next: Properties): boolean {
      return !isSame(this.props, next);
    }

    override render(): ComponentChild {
      return <Drawn {...this.props} />;
    }
  };
}

export function isShallowlySame(one: object, other: object): boolean {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.is(Reflect.get(one, key), Reflect.get(other, key)))
  );
}
