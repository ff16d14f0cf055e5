import {
  type GitRepo,
  SandboxGitCloneError,
  SandboxGitCopyError,
  SandboxGitMissingInImageError,
  SandboxGitSubpathError,
} from "@openai/agents/sandbox";
import type { Computer } from "../../client/index.ts";
import { called } from "./errors.ts";

const CLONE_TIMEOUT_S = 600;

/** URL, ref, part and target. Each step that fails has an exit code of its own. A ref may be a branch, a tag or a commit. */
const SCRIPT = `
command -v git >/dev/null || exit 10
work=$(mktemp -d /var/tmp/git-repo.XXXXXX) || exit 13
trap 'rm -rf "$work"' EXIT
export GIT_TERMINAL_PROMPT=0
git init -q "$work" && git -C "$work" remote add origin "$1" && git -C "$work" fetch -q --depth 1 origin "$2" && git -C "$work" checkout -q FETCH_HEAD || exit 11
from=$(realpath -e -- "$work/$3") || exit 12
case "$from/" in "$work"/*) ;; *) exit 12 ;; esac
if [ -d "$from" ]; then mkdir -p -- "$4" && cp -a -- "$from/." "$4"; else mkdir -p -- "\${4%/*}" && cp -a -- "$from" "$4"; fi || exit 13
`;

const FAILURES = {
  10: SandboxGitMissingInImageError,
  11: SandboxGitCloneError,
  12: SandboxGitSubpathError,
  13: SandboxGitCopyError,
} as const;

export const gitUrl = ({ host = "github.com", repo }: GitRepo): string =>
  repo.includes("://") || repo.startsWith("git@") ? repo : `https://${host}/${repo}.git`;

/** Has the computer fetch a repository, or a part of it, to `target`. Errors: git_missing_in_image, git_clone_error, git_subpath_error, git_copy_error. */
export const cloneInto = async (computer: Computer, user: string, entry: GitRepo, target: string): Promise<void> => {
  const { exit_code, stderr } = await called(
    computer.exec(["/bin/bash", "-c", SCRIPT, "git-repo", gitUrl(entry), entry.ref ?? "HEAD", entry.subpath ?? "", target], {
      timeout_s: CLONE_TIMEOUT_S,
      user,
    }),
  );
  if (exit_code === 0) return;
  const Failure = FAILURES[exit_code as keyof typeof FAILURES] ?? SandboxGitCloneError;
  const message = `The repository ${entry.repo} could not be put to ${target}: ${stderr.trim() || `exit code ${exit_code}`}`;
  throw new Failure(message, { repo: entry.repo });
};
