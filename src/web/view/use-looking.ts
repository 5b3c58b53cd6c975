import { useEffect, useState } from "preact/hooks";

/** Whether the page is before the user's eyes. */
export function useLooking(): boolean {
  const [isLooking, setLooking] = useState(looks);
  useEffect(() => {
    const look = () => setLooking(looks());
    window.addEventListener("focus", look);
    window.addEventListener("blur", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.removeEventListener("focus", look);
      window.removeEventListener("blur", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return isLooking;
}

function looks(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}
