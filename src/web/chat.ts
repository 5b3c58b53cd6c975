/** What an app imports from a deployment: `import { mountChat } from "https://dm.example.com/chat.js"`. */
export { mountChat, type ChatOptions, type MountedChat } from "./mount-chat.tsx";
