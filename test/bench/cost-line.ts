/** One scenario's line of the cost table: what it needs of each, of a million of it the price and the budget in US dollars. */
export interface CostLine {
  readonly name: string;
  readonly objectRead: number;
  readonly objectWritten: number;
  readonly archiveRead: number;
  readonly archiveWritten: number;
  readonly workerRequests: number;
  readonly requests: number;
  readonly alarms: number;
  readonly socketMessages: number;
  readonly wakeUps: number;
  readonly activeMs: number;
  readonly price: number;
  readonly budget: number;
  /** The date of the price table. */
  readonly pricesOf: string;
}
