/** What jobs may use beside their organization's data. */
export interface JobServices {
  /** The data directory. */
  readonly home: string;
}
