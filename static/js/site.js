// The page with the chat: the chat, and the notifications beside it. The only module that knows both.

import { App } from "./chat/app.js";
import { Notifications } from "./notifications/start.js";

const data = document.getElementById("bootstrap")?.textContent;
if (data) new Notifications(new App(JSON.parse(data)));
