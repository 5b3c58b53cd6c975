import { Icon, type IconName } from "./icon.tsx";

interface IconButtonProperties {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick?: () => void;
  readonly class?: string;
  readonly isSubmit?: boolean;
  readonly isPressed?: boolean;
  readonly isDisabled?: boolean;
}

export function IconButton({ icon, label, onClick, isSubmit = false, ...more }: IconButtonProperties) {
  return (
    <button
      type={isSubmit ? "submit" : "button"}
      class={`icon-button ${more.class ?? ""}`}
      aria-label={label}
      title={label}
      aria-expanded={more.isPressed}
      disabled={more.isDisabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
