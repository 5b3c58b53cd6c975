import type { Delivery } from "../../client/index.ts";
import { markText } from "../reading/mark-text.ts";
import { Icon, type IconName } from "./icon.tsx";

const icons: Readonly<Record<Delivery, IconName>> = {
  pending: "clock",
  failed: "warning",
  sent: "sent",
  delivered: "delivered",
  read: "delivered",
};

export function DeliveryMark({ delivery }: { readonly delivery: Delivery }) {
  return (
    <span class={`mark ${delivery}`} title={markText[delivery]}>
      <Icon name={icons[delivery]} />
      <span class="unseen">{markText[delivery]}</span>
    </span>
  );
}
