import { userInfo } from "node:os";

/** Who is at the keyboard, as far as the operating system knows. */
export function serverAccount({ SUDO_USER }: NodeJS.ProcessEnv): string {
  const { username } = userInfo();
  return SUDO_USER === undefined || SUDO_USER === "" || SUDO_USER === username
    ? username
    : `${SUDO_USER} as ${username}`;
}
