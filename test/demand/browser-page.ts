/** What the page loads: the cases, and the packages that a page has to pass in itself. */
import * as parser from "fast-xml-parser";
import * as hyparquet from "hyparquet";
import * as compressors from "hyparquet-compressors";
import type { Packages } from "../../src/index.ts";
import { readCases } from "./browser-cases.ts";

const packages = { hyparquet, "hyparquet-compressors": compressors, "fast-xml-parser": parser };

export const cases = (): Promise<Record<string, string>> => readCases(packages as unknown as Packages);
export const withoutPackages = (): Promise<Record<string, string>> => readCases();
