import { countFault, faultsNow } from "./faults.ts";

const machineNow = Date.now.bind(Date);

/** Puts the Worker's clock off by what the faults say. Timers keep their length, as the platform's do. */
export function installClock(): void {
  Date.now = () => {
    const { clockOffsetMs } = faultsNow();
    if (clockOffsetMs !== 0) {
      countFault("clock");
    }
    return machineNow() + clockOffsetMs;
  };
}

/** Alarms are set by the clock that the Worker sees. */
export function alignAlarms(storage: DurableObjectStorage): void {
  const setAlarm = storage.setAlarm.bind(storage);
  storage.setAlarm = (at, options) => setAlarm(Number(at) - faultsNow().clockOffsetMs, options);
}
