export declare const buildDashboard: (outDir: string) => Promise<void>;
